using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>Reads the ledger.</summary>
public interface ILedgerReader
{
    /// <summary>
    /// How many uses of a grant the ledger's columns show; uses are numbered without gaps, so this is also the last number.
    /// For readers and for proposals: the writer decides by the sealed count (<see cref="States.UseCountState"/>).
    /// </summary>
    Task<long> CountUsesAsync(string grantId, CancellationToken cancellationToken);

    /// <summary>The same of several grants at once, by their ids; each is named once.</summary>
    Task<IReadOnlyDictionary<string, long>> CountUsesAsync(IReadOnlyList<string> grantIds, CancellationToken cancellationToken);

    /// <summary>The last use of a grant that the ledger's columns show, and the hash of its entry's text; null where there is none.</summary>
    Task<LastUse?> FindLastUseAsync(string grantId, CancellationToken cancellationToken);

    /// <summary>How often earlier releases counted something, unsealed; 0 where they did not.</summary>
    Task<long> ReadUnsealedCountAsync(string id, CancellationToken cancellationToken);

    /// <summary>Whether nothing was ever written to the ledger: no entry, no head, no checkpoint.</summary>
    Task<bool> IsEmptyAsync(CancellationToken cancellationToken);

    /// <summary>One page of entries, newest first.</summary>
    Task<IReadOnlyList<LedgerEntry>> ListAsync(LedgerQuery query, CancellationToken cancellationToken);

    /// <summary>One entry by its operation id; null where there is none.</summary>
    Task<LedgerEntry?> FindAsync(string operationId, CancellationToken cancellationToken);
}

/// <summary>The last use of a grant in the ledger.</summary>
/// <param name="Use">Its number, from 1.</param>
/// <param name="EntryHash">The hash that the entry's text has (lower-case hex).</param>
public sealed record LastUse(long Use, string EntryHash);
