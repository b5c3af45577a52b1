using System.Collections.Immutable;
using CodeSigning.Contract;

namespace CodeSigning.Identities;

/// <summary>A machine identity. Who is neither a product administrator nor that identity sees id and name alone.</summary>
/// <param name="Id">The id, <c>idn_…</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="ClientId">What it logs in with beside a client secret: its id.</param>
/// <param name="Description">Its description.</param>
/// <param name="Status">Whether it may act.</param>
/// <param name="Oidc">The tokens of a CI that it may log in with.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="LastLoginAt">The last login (UTC); some seconds late.</param>
public sealed record IdentityView(
    string Id,
    string Name,
    string? ClientId = null,
    string? Description = null,
    PrincipalStatus? Status = null,
    OidcBinding? Oidc = null,
    DateTimeOffset? CreatedAt = null,
    DateTimeOffset? LastLoginAt = null);

/// <summary>
/// Which tokens of an OpenID Connect issuer (a CI's workload identity) log a machine identity in. All that is named must
/// match. Names can be used again by others, ids cannot: bind claims such as GitHub's <c>repository_id</c> and
/// <c>repository_owner_id</c>.
/// </summary>
/// <param name="Issuer">The <c>iss</c> claim, exactly; an https URL (http on loopback alone).</param>
/// <param name="Audience">The token's one <c>aud</c>, exactly.</param>
/// <param name="Subject">A glob for the <c>sub</c> claim, in which <c>*</c> stands for any text; without one it is exact.</param>
/// <param name="Claims">A glob for each claim that must be there, by the claim's name; at least one where there is no subject.</param>
public sealed record OidcBinding(
    string Issuer,
    string Audience,
    string? Subject = null,
    ImmutableSortedDictionary<string, string>? Claims = null);

/// <summary>A machine identity to be made.</summary>
/// <param name="Name">1 to 64 characters; no two identities share one.</param>
/// <param name="Description">At most 256 characters.</param>
public sealed record CreateIdentity(string Name, string? Description = null);

/// <summary>What of a machine identity shall change; what is absent stays.</summary>
/// <param name="Name">The new name.</param>
/// <param name="Status">Disabling ends every session at once and for good.</param>
public sealed record UpdateIdentity(
    string? Name = null, PrincipalStatus? Status = null)
{
    /// <summary>The new description; null takes it away.</summary>

    public OptionalText Description { get; init; }
}
