namespace CodeSigning.Silo.Ledger;

/// <summary>How the ledger's writer batches, waits and gives up.</summary>
public sealed class LedgerOptions
{
    /// <summary>How many elements may wait for the writer; one more is refused at once.</summary>
    public int QueueCapacity { get; set; } = 4096;

    /// <summary>The most elements of one batch.</summary>
    public int MaxBatchElements { get; set; } = 256;

    /// <summary>The most bytes of entries, states and answers in one batch, beyond its first element.</summary>
    public int MaxBatchBytes { get; set; } = 1024 * 1024;

    /// <summary>How long the writer waits for more elements while signatures queue for a processor.</summary>
    public TimeSpan MaxGathering { get; set; } = TimeSpan.FromMilliseconds(30);

    /// <summary>How long an element waits for its commit before its caller is told that the ledger is unavailable.</summary>
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the writer waits before it tries an unreachable store again.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How far an entry's time may be from the database's clock at the commit.</summary>
    public TimeSpan TimeTolerance { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a checkpoint is made where something changed.</summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an open stream may go without an entry before any process closes it, taking its writer for gone.</summary>
    public TimeSpan SilentStreamTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long shutting down may take to commit what waits and to close the stream.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The name of this node, noted with its stream.</summary>
    public string Node { get; set; } = Environment.MachineName;
}
