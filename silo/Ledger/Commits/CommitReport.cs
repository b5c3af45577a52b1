using CodeSigning.Ledger;

namespace CodeSigning.Silo.Ledger.Commits;

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
