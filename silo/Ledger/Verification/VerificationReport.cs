namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>The result of a verification.</summary>
/// <param name="Entries">The number of entries verified.</param>
/// <param name="Checkpoints">The number of checkpoints verified.</param>
/// <param name="Problems">The problems, at most <see cref="ProblemList.Limit"/>.</param>
public sealed record VerificationReport(long Entries, long Checkpoints, IReadOnlyList<LedgerProblem> Problems)
{
    /// <summary>Whether neither this nor an earlier verification of this process found a problem.</summary>
    public bool Intact => Problems.Count == 0;

    /// <summary>
    /// The checkpoint after which everything was verified: each later checkpoint and each entry after those that it
    /// lists; 0 for everything. Before it, only the ends were verified.
    /// </summary>
    public long VerifiedFrom { get; init; }

    /// <summary>The part of the ledger in an export, as a phrase; null for the whole ledger.</summary>
    public string? Part { get; init; }
}

/// <summary>A problem of the ledger.</summary>
/// <param name="Stream">The stream; null if the problem concerns none.</param>
/// <param name="Number">The number of the entry or the checkpoint; null if the problem concerns none.</param>
/// <param name="What">The description.</param>
public sealed record LedgerProblem(string? Stream, long? Number, string What);

/// <summary>Collects distinct problems, up to a limit.</summary>
public sealed class ProblemList
{
    /// <summary>The maximum number of problems.</summary>
    public const int Limit = 1000;

    private readonly List<LedgerProblem> _problems = [];
    private readonly HashSet<LedgerProblem> _known = [];

    /// <summary>The problems found so far.</summary>
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
