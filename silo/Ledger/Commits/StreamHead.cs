namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>Where a stream ends: what the next batch builds on.</summary>
/// <param name="Number">The number of its last entry; 0 where it has none.</param>
/// <param name="Hash">The hash of that entry, 32 bytes; zeros where there is none.</param>
/// <param name="Batch">
/// The batch that was written last. It tells a batch whose answer was lost from one that was never written, also where
/// the batch held no entry.
/// </param>
internal sealed record StreamHead(long Number, byte[] Hash, Guid Batch)
{
    public static StreamHead Empty { get; } = new(0, new byte[32], Guid.Empty);

    public bool IsSameAs(StreamHead other) =>
        Number == other.Number && Batch == other.Batch && Hash.AsSpan().SequenceEqual(other.Hash);
}
