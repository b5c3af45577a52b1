using System.Data.Common;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>Reads the ends of streams that other processes wrote or closed.</summary>
internal sealed class StreamHeads(IReadConnections connections)
{
    private const int MostAtOnce = 100;

    /// <summary>The end of an open or closed stream; null if it does not exist.</summary>
    public async Task<StreamHead?> FindAsync(string stream, CancellationToken cancellationToken)
    {
        var found = await connections.QueryAsync(
            "SELECT number, hash, batch FROM ledger_streams WHERE id = @a", reader => Map(reader, 0), cancellationToken, stream);
        return found.Count == 1 ? found[0] : null;
    }

    /// <summary>The end of a closed stream with its signed closing head; null if one is missing.</summary>
    public async Task<(StreamHead Head, byte[] Closing)?> FindClosedAsync(string stream, CancellationToken cancellationToken)
    {
        var found = await connections.QueryAsync(
            """
            SELECT s.number, s.hash, s.batch, h.json FROM ledger_streams s JOIN ledger_heads h ON h.stream = s.id AND h.number = s.number
            WHERE s.id = @a AND s.closed_ms IS NOT NULL AND h.closing = 1
            """,
            reader => (Map(reader, 0), reader.GetFieldValue<byte[]>(3)), cancellationToken, stream);
        return found.Count == 1 ? found[0] : null;
    }

    /// <summary>Open streams whose last entry is older than a time; at most a hundred.</summary>
    public Task<List<(string Stream, StreamHead Head)>> ListSilentAsync(long beforeMs, CancellationToken cancellationToken) =>
        connections.QueryAsync(
            """
            SELECT s.id, s.number, s.hash, s.batch FROM ledger_streams s JOIN ledger_entries e ON e.stream = s.id AND e.number = s.number
            WHERE s.settled = 0 AND s.closed_ms IS NULL AND e.at_ms < @a ORDER BY s.id LIMIT @b
            """,
            reader => (reader.GetString(0), Map(reader, 1)), cancellationToken, beforeMs, MostAtOnce);

    private static StreamHead Map(DbDataReader reader, int first) =>
        new(reader.GetInt64(first), reader.GetFieldValue<byte[]>(first + 1), reader.GetGuid(first + 2));
}

/// <summary>The end of a stream, which the next batch continues.</summary>
/// <param name="Number">The number of its last entry; 0 for none.</param>
/// <param name="Hash">The hash of that entry, 32 bytes; zeros for none.</param>
/// <param name="Batch">
/// The last batch. It distinguishes a batch whose response was lost from one that was never written, even without
/// entries.
/// </param>
internal sealed record StreamHead(long Number, byte[] Hash, Guid Batch)
{
    public static StreamHead Empty { get; } = new(0, new byte[32], Guid.Empty);

    public bool IsSameAs(StreamHead other) =>
        Number == other.Number && Batch == other.Batch && Hash.AsSpan().SequenceEqual(other.Hash);
}
