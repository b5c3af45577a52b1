namespace CodeSigning.Silo.Ledger.Verification;

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
