namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>What a verification found.</summary>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Checkpoints">How many checkpoints were looked at.</param>
/// <param name="Problems">What is wrong, at most <see cref="ProblemList.Limit"/>.</param>
public sealed record VerificationReport(long Entries, long Checkpoints, IReadOnlyList<LedgerProblem> Problems)
{
    /// <summary>Whether nothing is wrong with what was looked at, nor was with what this process looked at before.</summary>
    public bool Intact => Problems.Count == 0;

    /// <summary>
    /// The checkpoint behind which everything was looked at: each later checkpoint, and each entry after those that it names.
    /// 0: from the beginning. Of what is before, only the ends were looked at.
    /// </summary>
    public long VerifiedFrom { get; init; }

    /// <summary>The part of the ledger that an export says it holds, as a sentence; null where it holds all.</summary>
    public string? Part { get; init; }
}

/// <summary>A place where the ledger is not as it was written.</summary>
/// <param name="Stream">The stream; null where it is not about one.</param>
/// <param name="Number">The entry's, or the checkpoint's, number; null where it is not about one.</param>
/// <param name="What">A sentence.</param>
public sealed record LedgerProblem(string? Stream, long? Number, string What);

/// <summary>Gathers problems, each once and as many as somebody will read.</summary>
public sealed class ProblemList
{
    /// <summary>How many are kept.</summary>
    public const int Limit = 1000;

    private readonly List<LedgerProblem> _problems = [];
    private readonly HashSet<LedgerProblem> _known = [];

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<LedgerProblem> All => _problems;

    internal void Add(string? stream, long? number, string what)
    {
        LedgerProblem problem = new(stream, number, what);
        if (_problems.Count < Limit && _known.Add(problem))
        {
            _problems.Add(problem);
        }
    }
}
