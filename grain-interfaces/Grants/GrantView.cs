using CodeSigning.Identities;

namespace CodeSigning.Grants;

/// <summary>A grant.</summary>
/// <param name="Id">Its id.</param>
/// <param name="SignerId">The signer that it is for.</param>
/// <param name="Grantee">Who may use it.</param>
/// <param name="Status">Where it stands by now; what the clock and the ledger say, whether or not a timer has run.</param>
/// <param name="WindowStart">From when (UTC).</param>
/// <param name="WindowEnd">Until when (UTC), this moment not included; null without end.</param>
/// <param name="MaxSignings">How many signatures in all; null for as many as fit the window.</param>
/// <param name="Used">How many are in the ledger.</param>
/// <param name="Scope">What it covers; null for everything.</param>
/// <param name="ScopeClaimedByClient">Which parts of the scope rest on what the client claims: <c>hostnames</c>, <c>tools</c>.</param>
/// <param name="RequestId">The request that it came from; null for a pre-approval.</param>
/// <param name="CertificateThumbprint">The certificate that it was given for; it serves no other.</param>
/// <param name="Justification">What it was asked for.</param>
/// <param name="CreatedAt">When it was given (UTC).</param>
/// <param name="CreatedBy">Who gave it: the last approver, or the administrator of a pre-approval.</param>
/// <param name="RevokedAt">When it was revoked (UTC).</param>
/// <param name="RevokedBy">Who revoked it.</param>
/// <param name="RevocationReason">Why.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantView")]
public sealed record GrantView(
    [property: Id(0)] string Id,
    [property: Id(1)] string SignerId,
    [property: Id(2)] PrincipalRef Grantee,
    [property: Id(3)] GrantStatus Status,
    [property: Id(4)] DateTimeOffset WindowStart,
    [property: Id(5)] DateTimeOffset? WindowEnd,
    [property: Id(6)] long? MaxSignings,
    [property: Id(7)] long Used,
    [property: Id(8)] GrantScope? Scope,
    [property: Id(9)] IReadOnlyList<string>? ScopeClaimedByClient,
    [property: Id(10)] string? RequestId,
    [property: Id(11)] string CertificateThumbprint,
    [property: Id(12)] string Justification,
    [property: Id(13)] DateTimeOffset CreatedAt,
    [property: Id(14)] PrincipalRef CreatedBy,
    [property: Id(15)] DateTimeOffset? RevokedAt = null,
    [property: Id(16)] PrincipalRef? RevokedBy = null,
    [property: Id(17)] string? RevocationReason = null);
