namespace CodeSigning.Silo.Ledger;

/// <summary>Counts what the ledger holds of a grant.</summary>
internal interface IGrantUseReader
{
    /// <inheritdoc cref="Grains.Ledger.ILedgerReader.CountUsesAsync"/>
    Task<long> CountUsesAsync(string grantId, CancellationToken cancellationToken);
}
