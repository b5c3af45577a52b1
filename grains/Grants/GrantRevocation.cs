using CodeSigning.Identities;

namespace CodeSigning.Grains.Grants;

/// <summary>How a grant was revoked.</summary>
/// <param name="By">Who did it.</param>
/// <param name="Reason">Why.</param>
/// <param name="At">When (UTC).</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantRevocation")]
public sealed record GrantRevocation(
    [property: Id(0)] PrincipalRef By, [property: Id(1)] string Reason, [property: Id(2)] DateTimeOffset At);
