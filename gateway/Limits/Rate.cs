namespace CodeSigning.Gateway.Limits;

/// <summary>When a request takes from its identity's bucket.</summary>
internal enum Rate
{
    /// <summary>Before it is handled, one token for requests.</summary>
    Requests,

    /// <summary>The handler takes what it needs, if anything.</summary>
    ByHandler,
}
