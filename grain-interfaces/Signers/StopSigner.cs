using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Signers;

/// <summary>The body of an emergency stop.</summary>
/// <param name="Reason">The reason, 1 to 1024 characters.</param>
/// <param name="Since">The earliest time of the signatures to list (UTC); all if not given.</param>
/// <param name="IncludeSignersWithSameKey">
/// Also stop every other signer with the same key that the caller may stop; the response lists them.
/// </param>
public sealed record StopSigner(string Reason, DateTimeOffset? Since = null, bool IncludeSignersWithSameKey = false);

/// <summary>The result of an emergency stop.</summary>
/// <param name="Signer">The signer, disabled.</param>
/// <param name="RevokedGrants">The grants that were revoked.</param>
/// <param name="CancelledRequests">The requests that were cancelled.</param>
/// <param name="SignersWithSameKey">The other signers whose certificates have the same key.</param>
/// <param name="Signatures">
/// Every signature made since the requested time, signer by signer, newest first; read in pages during enumeration.
/// </param>
public sealed record StopReport(
    SignerView Signer,
    ImmutableArray<string> RevokedGrants,
    ImmutableArray<string> CancelledRequests,
    ImmutableArray<SignerOfSameKey> SignersWithSameKey,
    IAsyncEnumerable<LedgerEntry> Signatures);

/// <summary>Another signer whose certificate has the same key, and which shares the effects of a key compromise.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="WasDisabled">Whether it was disabled before.</param>
/// <param name="IsStopped">Whether this emergency stop disabled it too.</param>
public sealed record SignerOfSameKey(string Id, string Name, bool WasDisabled, bool IsStopped);
