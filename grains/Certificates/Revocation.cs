using CodeSigning.Certificates;

namespace CodeSigning.Grains.Certificates;

/// <summary>That a certificate was revoked.</summary>
/// <param name="At">When (UTC).</param>
/// <param name="Reason">Why.</param>
[GenerateSerializer, Immutable, Alias("codesigning.Revocation")]
public sealed record Revocation([property: Id(0)] DateTimeOffset At, [property: Id(1)] RevocationReason Reason);
