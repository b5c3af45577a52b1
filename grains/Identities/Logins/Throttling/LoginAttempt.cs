using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>A login under way. One that is disposed of undecided, because the store failed or the client left, counts as nothing.</summary>
internal sealed class LoginAttempt(LoginThrottle throttle, PrincipalKind kind, UInt128 pair, UInt128 address, UInt128 account) : IDisposable
{
    public PrincipalKind Kind { get; } = kind;

    public UInt128 Pair { get; } = pair;

    public UInt128 Address { get; } = address;

    public UInt128 Account { get; } = account;

    public void Succeed() => throttle.Succeed(this);

    /// <summary>Counts the failure. Where the attempt was let past its address's block, its answer is that block's.</summary>
    /// <exception cref="Errors.RefusedException"><c>RateLimited</c>, with how long to wait.</exception>
    public void Fail() => throttle.Fail(this);

    public void Dispose() => throttle.End(this);
}
