namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>One gateway for a class of tests that leave nothing behind.</summary>
public sealed class SharedGateway : GatewaySuite
{
    internal new RunningGateway Gateway => base.Gateway;

    internal new HttpClient Administrator => base.Administrator;
}
