using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>Reads the ledger.</summary>
public interface ILedgerReader
{
    /// <summary>How many uses of a grant the ledger holds; uses are numbered without gaps, so this is also the last number.</summary>
    Task<long> CountUsesAsync(string grantId, CancellationToken cancellationToken);

    /// <summary>One page of entries, newest first.</summary>
    Task<IReadOnlyList<LedgerEntry>> ListAsync(LedgerQuery query, CancellationToken cancellationToken);

    /// <summary>One entry by its operation id; null where there is none.</summary>
    Task<LedgerEntry?> FindAsync(string operationId, CancellationToken cancellationToken);
}
