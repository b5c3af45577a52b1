using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Signers;

/// <summary>What an emergency stop did and found.</summary>
/// <param name="Signer">The signer, disabled.</param>
/// <param name="RevokedGrants">The grants that were revoked.</param>
/// <param name="CancelledRequests">The requests that were cancelled.</param>
/// <param name="Signatures">Every signature made since the time asked for, newest first.</param>
[GenerateSerializer, Immutable, Alias("codesigning.StopReport")]
public sealed record StopReport(
    [property: Id(0)] SignerView Signer,
    [property: Id(1)] ImmutableArray<string> RevokedGrants,
    [property: Id(2)] ImmutableArray<string> CancelledRequests,
    [property: Id(3)] ImmutableArray<LedgerEntry> Signatures);
