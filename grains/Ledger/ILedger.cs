using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// The single path for all writes. Each node has one writer, which commits everything queued in one round trip and one
/// flush to disk; the task completes when the element is durable or refused.
/// </summary>
public interface ILedger
{
    /// <summary>
    /// Commits an element. If the queue is full, or while the store cannot be written, this throws <see
    /// cref="LedgerUnavailableException"/> and nothing is written. Cancellation has an effect only until the element is
    /// taken into a batch.
    /// </summary>
    ValueTask<CommitOutcome> CommitAsync(LedgerElement element, CancellationToken cancellationToken);
}

/// <summary>Reads the ledger.</summary>
public interface ILedgerReader
{
    /// <summary>
    /// The number of uses of a grant according to the ledger's columns. Uses are numbered without gaps, so it is also
    /// the last number. For reads and proposals only: the writer decides by the sealed count (<see
    /// cref="States.UseCountState"/>).
    /// </summary>
    Task<long> CountUsesAsync(string grantId, CancellationToken cancellationToken);

    /// <summary>The number of uses of several grants by id; each id once.</summary>
    Task<IReadOnlyDictionary<string, long>> CountUsesAsync(IReadOnlyList<string> grantIds, CancellationToken cancellationToken);

    /// <summary>
    /// The last use of a grant according to the ledger's columns, with the hash of its entry's text; null if there is
    /// none.
    /// </summary>
    Task<LastUse?> FindLastUseAsync(string grantId, CancellationToken cancellationToken);

    /// <summary>The unsealed count of an earlier release; 0 if there is none.</summary>
    Task<long> ReadUnsealedCountAsync(string id, CancellationToken cancellationToken);

    /// <summary>Whether the ledger is empty: no entry, no stream head, no checkpoint.</summary>
    Task<bool> IsEmptyAsync(CancellationToken cancellationToken);

    /// <summary>One page of entries, newest first.</summary>
    Task<IReadOnlyList<LedgerEntry>> ListAsync(LedgerQuery query, CancellationToken cancellationToken);

    /// <summary>One entry by its operation id; null if there is none.</summary>
    Task<LedgerEntry?> FindAsync(string operationId, CancellationToken cancellationToken);
}

/// <summary>The last use of a grant in the ledger.</summary>
/// <param name="Use">Its number, from 1.</param>
/// <param name="EntryHash">The hash of the entry's text, lower-case hex.</param>
public sealed record LastUse(long Use, string EntryHash);

/// <summary>A query for one page of entries, newest first (operation ids are ordered by time).</summary>
/// <param name="Kind">Only entries of this kind.</param>
/// <param name="Outcome">Only entries with this outcome.</param>
/// <param name="SignerId">Only entries of this signer.</param>
/// <param name="ActorId">Only entries of this principal.</param>
/// <param name="GrantId">Only entries under this grant.</param>
/// <param name="From">Only entries at this time or later (UTC).</param>
/// <param name="To">Only entries before this time (UTC).</param>
/// <param name="Before">Only entries whose operation id sorts before this one: the last id of the previous page.</param>
/// <param name="Limit">The page size, 1 to 1000.</param>
public sealed record LedgerQuery(
    EntryKind? Kind = null,
    EntryOutcome? Outcome = null,
    string? SignerId = null,
    string? ActorId = null,
    string? GrantId = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? Before = null,
    int Limit = 25);

/// <summary>Lets a caller that changed a state wait for the pending commits that may have missed the change.</summary>
public interface ICommitFence
{
    /// <summary>
    /// Completes when every commit that was pending on any node at the time of the call has ended. Reads of the ledger
    /// afterwards include all of them.
    /// </summary>
    Task WaitForPendingCommitsAsync(CancellationToken cancellationToken);
}

/// <summary>Finds stored answers of idempotency keys (<see cref="IdempotentAnswer"/>).</summary>
public interface IAnswerStore
{
    /// <summary>
    /// The answer stored for this caller, operation and key within the last 24 hours; null if there is none.
    /// </summary>
    Task<IdempotentAnswer?> FindAsync(string caller, string scope, string key, CancellationToken cancellationToken);
}
