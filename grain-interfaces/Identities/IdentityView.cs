using System.Collections.Immutable;
using CodeSigning.Contract;

namespace CodeSigning.Identities;

/// <summary>
/// A machine identity. Callers other than product administrators and the identity itself see id and name only.
/// </summary>
/// <param name="Id">The id, <c>idn_…</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="ClientId">Its id, used together with a client secret to log in.</param>
/// <param name="Description">Its description.</param>
/// <param name="Status">Whether it is active or disabled.</param>
/// <param name="Oidc">The binding to an OpenID Connect issuer whose tokens it may log in with.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="LastLoginAt">The last login (UTC); updated with a delay of seconds.</param>
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
/// Which tokens of an OpenID Connect issuer (workload identity of a CI system) log a machine identity in. Every
/// condition given must match. Names can be reused by others, ids cannot: bind claims such as GitHub's
/// <c>repository_id</c> and <c>repository_owner_id</c>.
/// </summary>
/// <param name="Issuer">The exact <c>iss</c> claim; an https URL (http only on loopback).</param>
/// <param name="Audience">The exact and only <c>aud</c> claim.</param>
/// <param name="Subject">
/// A pattern for the <c>sub</c> claim, in which <c>*</c> matches any text; without <c>*</c> the match is exact.
/// </param>
/// <param name="Claims">A pattern for each required claim, by the claim's name; at least one if there is no subject.</param>
public sealed record OidcBinding(
    string Issuer,
    string Audience,
    string? Subject = null,
    ImmutableSortedDictionary<string, string>? Claims = null);

/// <summary>The body that creates a machine identity.</summary>
/// <param name="Name">1 to 64 characters, unique among machine identities.</param>
/// <param name="Description">At most 256 characters.</param>
public sealed record CreateIdentity(string Name, string? Description = null);

/// <summary>The body that changes a machine identity; absent members stay unchanged.</summary>
/// <param name="Name">The new name.</param>
/// <param name="Status">The new status; disabling ends every session immediately and permanently.</param>
public sealed record UpdateIdentity(
    string? Name = null, PrincipalStatus? Status = null)
{
    /// <summary>The new description; null removes it.</summary>

    public OptionalText Description { get; init; }
}
