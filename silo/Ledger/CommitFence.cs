using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Ledger.Commits;

namespace CodeSigning.Silo.Ledger;

/// <summary>The fence of the database in use.</summary>
internal sealed class CommitFence(ILedgerCommits commits) : ICommitFence
{
    /// <inheritdoc/>
    public Task WaitForCommitsUnderWayAsync(CancellationToken cancellationToken) =>
        commits.WaitForBatchesInFlightAsync(cancellationToken);
}
