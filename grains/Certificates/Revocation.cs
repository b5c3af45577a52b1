using CodeSigning.Certificates;

namespace CodeSigning.Grains.Certificates;

/// <summary>That a certificate was revoked.</summary>
/// <param name="At">When (UTC).</param>
/// <param name="Reason">Why.</param>
public sealed record Revocation(DateTimeOffset At, RevocationReason Reason);
