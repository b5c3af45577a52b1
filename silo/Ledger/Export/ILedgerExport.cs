namespace CodeSigning.Silo.Ledger.Export;

/// <summary>Writes the ledger so that it can be verified by whoever has the public key, without this service.</summary>
public interface ILedgerExport
{
    /// <summary>
    /// Writes JSON Lines (UTF-8): a signed first line that names the part and what each stream ends in, the checkpoints, then
    /// each stream with its entries and signed heads. See docs/ledger-format.md.
    /// </summary>
    /// <param name="destination">Where to; it is written as fast as it takes.</param>
    /// <param name="from">Only entries at this time or later (UTC); null for all from the first on.</param>
    /// <param name="to">Only entries before this time (UTC), and what shares a batch with the last of them; null for all.</param>
    /// <param name="cancellationToken">Ends it; what was written then is not a whole export.</param>
    Task WriteAsync(Stream destination, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken);
}
