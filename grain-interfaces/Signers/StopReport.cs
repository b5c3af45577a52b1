using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Signers;

/// <summary>What an emergency stop did and found.</summary>
/// <param name="Signer">The signer, disabled.</param>
/// <param name="RevokedGrants">The grants that were revoked.</param>
/// <param name="CancelledRequests">The requests that were cancelled.</param>
/// <param name="Signatures">Every signature made since the time asked for, newest first.</param>
public sealed record StopReport(
    SignerView Signer,
    ImmutableArray<string> RevokedGrants,
    ImmutableArray<string> CancelledRequests,
    ImmutableArray<LedgerEntry> Signatures);
