using System.Collections.Immutable;

namespace CodeSigning.Identities;

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
