namespace CodeSigning.Silo.Ledger;

/// <summary>Lets an emergency stop wait for what was under way on every node when its own change committed.</summary>
public interface IBatchFence
{
    /// <summary>
    /// Completes when every batch that any node was committing at the call is durable or refused. A list that is read
    /// afterwards holds every entry that was decided before the change that the caller has committed.
    /// </summary>
    Task WaitForBatchesInFlightAsync(CancellationToken cancellationToken);
}
