using CodeSigning.Ledger;

namespace CodeSigning.Grains.Ledger;

/// <summary>
/// The one way in for every write. A node has one writer, which drains whatever waits into one round trip and one
/// flush to disk; the task completes when the element is durable or refused.
/// </summary>
public interface ILedger
{
    /// <summary>
    /// Commits an element. What waits is bounded: beyond it, and while the store cannot be written, this throws
    /// <see cref="LedgerUnavailableException"/> and nothing was written. Cancellation is heeded only until the element
    /// has been taken into a batch.
    /// </summary>
    ValueTask<CommitOutcome> CommitAsync(LedgerElement element, CancellationToken cancellationToken);
}

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

/// <summary>Asks for one page of entries, newest first (operation ids are ordered by time).</summary>
/// <param name="Kind">Only entries of this kind.</param>
/// <param name="Outcome">Only entries with this outcome.</param>
/// <param name="SignerId">Only entries of this signer.</param>
/// <param name="ActorId">Only entries of this principal.</param>
/// <param name="GrantId">Only entries under this grant.</param>
/// <param name="From">Only entries at this time or later (UTC).</param>
/// <param name="To">Only entries before this time (UTC).</param>
/// <param name="Before">Only entries whose operation id sorts before this one: the last of the page before.</param>
/// <param name="Limit">At most so many, 1 to 1000.</param>
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

/// <summary>Lets somebody who changed something wait until every commit that may have missed the change is in.</summary>
public interface ICommitFence
{
    /// <summary>
    /// Completes when every commit that was under way on any node when this was called has ended. What is read from the
    /// ledger afterwards holds all of them.
    /// </summary>
    Task WaitForCommitsUnderWayAsync(CancellationToken cancellationToken);
}

/// <summary>Finds the answers that were kept for idempotency keys (<see cref="IdempotentAnswer"/>).</summary>
public interface IAnswerStore
{
    /// <summary>The answer kept for this caller, call and key during the last 24 hours; null where there is none.</summary>
    Task<IdempotentAnswer?> FindAsync(string caller, string scope, string key, CancellationToken cancellationToken);
}
