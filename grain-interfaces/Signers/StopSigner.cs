using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Signers;

/// <summary>Stops a signer at once.</summary>
/// <param name="Reason">Why, 1 to 1024 characters.</param>
/// <param name="Since">List the signatures made at this time or later (UTC); all if not given.</param>
/// <param name="IncludeSignersWithSameKey">
/// Stop every other signer of the same key as well, as far as the caller may; the answer says which were.
/// </param>
public sealed record StopSigner(string Reason, DateTimeOffset? Since = null, bool IncludeSignersWithSameKey = false);

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
