namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>Verifies the ledger and the states where they are stored.</summary>
public interface ILedgerVerification
{
    /// <summary>
    /// Verifies what was added since the last checkpoint that this process verified, and that the ends of what was verified
    /// before are still there; at the first call, all. One call runs at a time; another waits for it.
    /// </summary>
    /// <param name="full">Verifies all of it again.</param>
    /// <param name="cancellationToken">Ends it; what it verified until then counts.</param>
    Task<VerificationReport> VerifyAsync(bool full, CancellationToken cancellationToken);

    /// <summary>Verifies all of it beside calls for what was added, with pauses that leave the store to those who sign.</summary>
    Task<VerificationReport> VerifyInBackgroundAsync(CancellationToken cancellationToken);
}
