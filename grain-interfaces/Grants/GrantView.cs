using System.Collections.Immutable;
using CodeSigning.Identities;

namespace CodeSigning.Grants;

/// <summary>A grant.</summary>
/// <param name="Id">Its id.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="Grantee">Who may use it.</param>
/// <param name="Status">
/// Its current status, computed from the clock and the ledger, whether or not a timer has fired.
/// </param>
/// <param name="WindowStart">The start of the window (UTC).</param>
/// <param name="WindowEnd">The end of the window (UTC), exclusive; null for a window without end.</param>
/// <param name="MaxSignings">The total number of signatures; null for unlimited within the window.</param>
/// <param name="Used">The number of signatures committed to the ledger.</param>
/// <param name="Scope">What it covers; null for everything.</param>
/// <param name="ScopeClaimedByClient">
/// The parts of the scope that the client asserts and the server cannot verify: <c>hostnames</c>, <c>tools</c>.
/// </param>
/// <param name="RequestId">The request that it results from; null for a pre-approval.</param>
/// <param name="CertificateThumbprint">The only certificate that it is valid for.</param>
/// <param name="Justification">The requester's justification.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="CreatedBy">Who created it: the last approver, or the administrator who pre-approved it.</param>
/// <param name="RevokedAt">When it was revoked (UTC).</param>
/// <param name="RevokedBy">Who revoked it.</param>
/// <param name="RevocationReason">The reason for the revocation.</param>
/// <param name="SignerName">The signer's current name.</param>
public sealed record GrantView(
    string Id,
    string SignerId,
    PrincipalRef Grantee,
    GrantStatus Status,
    DateTimeOffset WindowStart,
    DateTimeOffset? WindowEnd,
    long? MaxSignings,
    long Used,
    GrantScope? Scope,
    IReadOnlyList<string>? ScopeClaimedByClient,
    string? RequestId,
    string CertificateThumbprint,
    string Justification,
    DateTimeOffset CreatedAt,
    PrincipalRef CreatedBy,
    DateTimeOffset? RevokedAt = null,
    PrincipalRef? RevokedBy = null,
    string? RevocationReason = null,
    string? SignerName = null);

/// <summary>
/// The scope of a grant. Every part given must match; within a part, one value suffices. The server sees digests and
/// addresses itself; hosts and tools are asserted by the client and are no control against a dishonest one.
/// </summary>
/// <param name="Digests">Digests to be signed: <c>sha256:</c>, <c>sha384:</c> or <c>sha512:</c> and lower-case hex.</param>
/// <param name="IpAddresses">Addresses or CIDR blocks.</param>
/// <param name="Hostnames">Host names, case-insensitive.</param>
/// <param name="Tools">Tool names, case-insensitive.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantScope")]
public sealed record GrantScope(
    [property: Id(0)] ImmutableArray<string>? Digests = null,
    [property: Id(1)] ImmutableArray<string>? IpAddresses = null,
    [property: Id(2)] ImmutableArray<string>? Hostnames = null,
    [property: Id(3)] ImmutableArray<string>? Tools = null);

/// <summary>The status of a grant. Written in camelCase.</summary>
public enum GrantStatus
{
    /// <summary>It can be used, now or once its window begins.</summary>
    Active = 1,

    /// <summary>All its signatures are used.</summary>
    Exhausted = 2,

    /// <summary>Its window has ended.</summary>
    Expired = 3,

    /// <summary>It was revoked.</summary>
    Revoked = 4,
}
