using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>The ledger's writes to a database; one implementation per database.</summary>
internal interface ILedgerCommits : ICommitFence
{
    /// <summary>The database's clock, in milliseconds since 1970 (UTC).</summary>
    Task<long> ReadClockAsync(CancellationToken cancellationToken);

    /// <summary>Opens a new stream, which must not exist.</summary>
    Task OpenStreamAsync(string stream, string node, CancellationToken cancellationToken);

    /// <summary>Checks a batch under lock and writes all of it or nothing. It is idempotent for the same proposal.</summary>
    /// <exception cref="StoreUnavailableException">Whether the batch was written is unknown.</exception>
    /// <exception cref="Storage.StoreContentionException">
    /// Nothing was written: the transaction conflicted with another.
    /// </exception>
    /// <exception cref="Storage.StoreRejectedException">
    /// Nothing was written: the store permanently rejects the batch.
    /// </exception>
    Task<CommitReport> CommitAsync(CommitProposal proposal, CancellationToken cancellationToken);

    /// <summary>Closes a stream that ends at <paramref name="head"/>, with a signed closing head.</summary>
    /// <returns>False if it does not end there.</returns>
    Task<bool> CloseStreamAsync(string stream, StreamHead head, string closingHead, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a checkpoint if the last one is <paramref name="previous"/>. Streams that it names as closed need not be
    /// named again.
    /// </summary>
    /// <returns>False if another node was first.</returns>
    Task<bool> AddCheckpointAsync(
        long number, string? previous, string checkpoint, IReadOnlyList<string> closedStreams, CancellationToken cancellationToken);
}

/// <summary>The facts that a commit read under lock; <c>RefusalDecision</c> decides what is refused for them.</summary>
internal sealed record CommitReport(CommitStatus Status, long NowMs)
{
    /// <summary>Whether the batch's time is too far from the database's.</summary>
    public bool IsTimeOff { get; init; }

    /// <summary>The stale states of the batch with their current versions (0: deleted).</summary>
    public IReadOnlyList<StateVersion> Stale { get; init; } = [];

    /// <summary>Grants whose use count in the ledger differs from the batch's.</summary>
    public IReadOnlyList<(string GrantId, long Count)> Uses { get; init; } = [];

    /// <summary>Names taken by other states.</summary>
    public IReadOnlyList<(string Type, string Name)> Names { get; init; } = [];

    /// <summary>Idempotency keys that have an answer.</summary>
    public IReadOnlyList<(string Caller, string Scope, string Key)> Answers { get; init; } = [];

    /// <summary>Operation ids that are already in the ledger.</summary>
    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>Whether the batch must be refused for another reason than its end of validity.</summary>
    public bool HasObjections =>
        IsTimeOff || Stale.Count > 0 || Uses.Count > 0
        || Names.Count > 0 || Answers.Count > 0 || Operations.Count > 0;
}

/// <summary>The outcome of committing a batch.</summary>
internal enum CommitStatus
{
    /// <summary>All of it is durable.</summary>
    Committed,

    /// <summary>It was already durable, written by an earlier attempt whose response was lost.</summary>
    AlreadyCommitted,

    /// <summary>Nothing was written; the report has the reasons.</summary>
    Refused,

    /// <summary>Nothing was written: the stream is closed, or ends neither before nor after the batch.</summary>
    HeadMoved,
}
