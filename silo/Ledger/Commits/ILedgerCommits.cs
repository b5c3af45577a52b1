using CodeSigning.Contract;
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

/// <summary>What a commit found, as facts read under lock; who is refused for them is decided elsewhere.</summary>
internal sealed record CommitReport(CommitStatus Status, long NowMs)
{
    /// <summary>Whether the batch's time is too far from the database's.</summary>
    public bool IsTimeOff { get; init; }

    /// <summary>States with other versions than the batch rests on, with those they have (0: gone).</summary>
    public IReadOnlyList<StateVersion> Stale { get; init; } = [];

    /// <summary>Grants whose uses in the ledger are not as many as the batch supposed.</summary>
    public IReadOnlyList<(string GrantId, long Count)> Uses { get; init; } = [];

    /// <summary>Names that other states bear.</summary>
    public IReadOnlyList<(string Type, string Name)> Names { get; init; } = [];

    /// <summary>Idempotency keys that have an answer.</summary>
    public IReadOnlyList<(string Caller, string Scope, string Key)> Answers { get; init; } = [];

    /// <summary>Operation ids that the ledger holds already.</summary>
    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>Whether anything stands against the batch other than its time limits.</summary>
    public bool HasObjections =>
        IsTimeOff || Stale.Count > 0 || Uses.Count > 0
        || Names.Count > 0 || Answers.Count > 0 || Operations.Count > 0;
}

/// <summary>What a commit did with a batch as a whole.</summary>
internal enum CommitStatus
{
    /// <summary>All of it is durable.</summary>
    Committed,

    /// <summary>It was durable already: an earlier attempt, whose answer was lost, had written it.</summary>
    AlreadyCommitted,

    /// <summary>Nothing was written; the report names what stands against it.</summary>
    Refused,

    /// <summary>Nothing was written: the stream ends neither where the batch begins nor where it ends, or is closed.</summary>
    HeadMoved,
}
