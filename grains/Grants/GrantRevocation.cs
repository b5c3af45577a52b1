using CodeSigning.Identities;

namespace CodeSigning.Grains.Grants;

/// <summary>How a grant was revoked.</summary>
/// <param name="By">Who did it.</param>
/// <param name="Reason">Why.</param>
/// <param name="At">When (UTC).</param>
public sealed record GrantRevocation(
    PrincipalRef By, string Reason, DateTimeOffset At);
