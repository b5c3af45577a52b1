namespace CodeSigning.Silo.Tests.Pki;

/// <summary>A clock that stands still until it is told.</summary>
internal sealed class FixedTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
