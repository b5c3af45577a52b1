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
