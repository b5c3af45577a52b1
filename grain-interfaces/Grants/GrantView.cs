using System.Collections.Immutable;
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
    string? RevocationReason = null);

/// <summary>
/// What a grant covers. All that are named must match; within one, any of its values. Digests and addresses the server
/// sees for itself; hosts and tools are what the client claims of itself, and so no control against a dishonest one.
/// </summary>
/// <param name="Digests">What the tool will submit for signing: <c>sha256:</c>, <c>sha384:</c> or <c>sha512:</c> and lower-case hex.</param>
/// <param name="IpAddresses">Addresses or CIDR blocks.</param>
/// <param name="Hostnames">Host names; letter case does not count.</param>
/// <param name="Tools">Names of tools; letter case does not count.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantScope")]
public sealed record GrantScope(
    [property: Id(0)] ImmutableArray<string>? Digests = null,
    [property: Id(1)] ImmutableArray<string>? IpAddresses = null,
    [property: Id(2)] ImmutableArray<string>? Hostnames = null,
    [property: Id(3)] ImmutableArray<string>? Tools = null);

/// <summary>Where a grant stands. Written in camelCase.</summary>
public enum GrantStatus
{
    /// <summary>It serves, or will once its window begins.</summary>
    Active = 1,

    /// <summary>All its uses are in the ledger.</summary>
    Exhausted = 2,

    /// <summary>Its window is over.</summary>
    Expired = 3,

    /// <summary>It was revoked.</summary>
    Revoked = 4,
}
