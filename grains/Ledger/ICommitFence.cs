namespace CodeSigning.Grains.Ledger;

/// <summary>Lets somebody who changed something wait until every commit that may have missed the change is in.</summary>
public interface ICommitFence
{
    /// <summary>
    /// Completes when every commit that was under way on any node when this was called has ended. What is read from the
    /// ledger afterwards holds all of them.
    /// </summary>
    Task WaitForCommitsUnderWayAsync(CancellationToken cancellationToken);
}
