namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>A login under way. One that is disposed of undecided, because the store failed or the client left, counts as nothing.</summary>
internal sealed class LoginAttempt(
    LoginThrottle throttle, ThrottleRule rule, FailureRecord pair, FailureRecord address, FailureRecord account) : IDisposable
{
    private bool? _succeeded;

    public ThrottleRule Rule { get; } = rule;

    public FailureRecord Pair { get; } = pair;

    public FailureRecord Address { get; } = address;

    public FailureRecord Account { get; } = account;

    public void Succeed() => _succeeded = true;

    public void Fail() => _succeeded = false;

    public void Dispose() => throttle.End(this, _succeeded);
}
