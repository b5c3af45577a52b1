namespace CodeSigning.Grains.Ledger;

/// <summary>
/// The one way in for every write. A node has one writer, which drains whatever waits into one round trip and one
/// flush to disk; the task completes when the element is durable or refused.
/// </summary>
public interface ILedger
{
    /// <summary>
    /// Commits an element. What waits is bounded: beyond it, and while the store cannot be written, this throws
    /// <see cref="LedgerUnavailableException"/> and nothing was written. Cancellation is heeded only until the element
    /// has been taken into a batch.
    /// </summary>
    ValueTask<CommitOutcome> CommitAsync(LedgerElement element, CancellationToken cancellationToken);
}
