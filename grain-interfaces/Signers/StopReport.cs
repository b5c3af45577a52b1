using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Signers;

/// <summary>What an emergency stop did and found.</summary>
/// <param name="Signer">The signer, disabled.</param>
/// <param name="RevokedGrants">The grants that were revoked.</param>
/// <param name="CancelledRequests">The requests that were cancelled.</param>
/// <param name="SignersWithSameKey">The other signers whose certificates are for the same key.</param>
/// <param name="Signatures">
/// Every signature made since the time asked for, newest first, signer by signer; read in pages while it is enumerated.
/// </param>
public sealed record StopReport(
    SignerView Signer,
    ImmutableArray<string> RevokedGrants,
    ImmutableArray<string> CancelledRequests,
    ImmutableArray<SignerOfSameKey> SignersWithSameKey,
    IAsyncEnumerable<LedgerEntry> Signatures);

/// <summary>Another signer whose certificate is for the same key: what may be stolen of the one is stolen of the other.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="WasDisabled">Whether it was switched off before.</param>
/// <param name="IsStopped">Whether this stop has stopped it too.</param>
public sealed record SignerOfSameKey(string Id, string Name, bool WasDisabled, bool IsStopped);
