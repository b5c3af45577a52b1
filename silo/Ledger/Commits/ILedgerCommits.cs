using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>The one way in which a database takes writes of the ledger; each database has its own.</summary>
internal interface ILedgerCommits : ICommitFence
{
    /// <summary>The database's clock, in milliseconds since 1970 (UTC).</summary>
    Task<long> ReadClockAsync(CancellationToken cancellationToken);

    /// <summary>Opens a new stream, which must not exist.</summary>
    Task OpenStreamAsync(string stream, string node, CancellationToken cancellationToken);

    /// <summary>
    /// Checks a batch under lock and writes all of it, or nothing. Repeating it with the same proposal is harmless: a batch
    /// is written once.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Whether it was written is not known.</exception>
    /// <exception cref="Storage.StoreContentionException">Nothing was written: another transaction was in the way.</exception>
    /// <exception cref="Storage.StoreRejectedException">Nothing was written, and nothing will be: the store cannot take it.</exception>
    Task<CommitReport> CommitAsync(CommitProposal proposal, CancellationToken cancellationToken);

    /// <summary>Closes a stream that ends at <paramref name="head"/>, with the signed head that says so.</summary>
    /// <returns>False where it does not end there.</returns>
    Task<bool> CloseStreamAsync(string stream, StreamHead head, string closingHead, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a checkpoint if it follows the last one and that is <paramref name="previous"/>. The streams that it names as
    /// closed need not be named again.
    /// </summary>
    /// <returns>False where another node was first.</returns>
    Task<bool> AddCheckpointAsync(
        long number, string? previous, string checkpoint, IReadOnlyList<string> closedStreams, CancellationToken cancellationToken);
}
