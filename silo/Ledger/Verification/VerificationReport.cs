namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>What a verification found.</summary>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Checkpoints">How many checkpoints were looked at.</param>
/// <param name="Problems">What is wrong, at most <see cref="ProblemList.Limit"/>.</param>
public sealed record VerificationReport(long Entries, long Checkpoints, IReadOnlyList<LedgerProblem> Problems)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool Intact => Problems.Count == 0;

    /// <summary>The part of the ledger that an export says it holds, as a sentence; null where it holds all.</summary>
    public string? Part { get; init; }
}
