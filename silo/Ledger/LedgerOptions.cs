namespace CodeSigning.Silo.Ledger;

/// <summary>The limits and intervals of the ledger's writer.</summary>
public sealed class LedgerOptions
{
    /// <summary>The capacity of the writer's queue; elements beyond it are refused immediately.</summary>
    public int QueueCapacity { get; set; } = 4096;

    /// <summary>The maximum number of elements in a batch.</summary>
    public int MaxBatchElements { get; set; } = 256;

    /// <summary>The maximum size in bytes of a batch's entries, states and answers, beyond its first element.</summary>
    public int MaxBatchBytes { get; set; } = 1024 * 1024;

    /// <summary>How long the writer waits for more elements while signatures queue for a processor.</summary>
    public TimeSpan MaxGathering { get; set; } = TimeSpan.FromMilliseconds(30);

    /// <summary>The time-out of a commit for its caller.</summary>
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The delay before the writer retries an unavailable store.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The maximum difference between an entry's time and the database's clock at the commit.</summary>
    public TimeSpan TimeTolerance { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The interval between checkpoints while the ledger changes.</summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The time without entries after which any process closes an open stream.</summary>
    public TimeSpan SilentStreamTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The time allowed at shutdown for committing pending elements and closing the stream.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>The name of this node, stored with its stream.</summary>
    public string Node { get; set; } = Environment.MachineName;
}
