using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Reading;

/// <inheritdoc/>
internal sealed class CheckpointReader(IReadConnections connections) : ICheckpoints
{
    public async Task<IReadOnlyList<(long Number, string Text)>> ListAsync(
        long? before, int limit, CancellationToken cancellationToken) =>
        await connections.QueryAsync(
            "SELECT number, json FROM ledger_checkpoints WHERE number < @a ORDER BY number DESC LIMIT @b",
            reader => (reader.GetInt64(0), reader.GetString(1)),
            cancellationToken, before ?? long.MaxValue, Math.Clamp(limit, 1, 1000));
}

/// <summary>Reads checkpoints for archiving them elsewhere.</summary>
public interface ICheckpoints
{
    /// <summary>One page of checkpoints as texts, newest first.</summary>
    /// <param name="before">Only those with a smaller number; null for the newest.</param>
    /// <param name="limit">The page size, 1 to 1000.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<IReadOnlyList<(long Number, string Text)>> ListAsync(long? before, int limit, CancellationToken cancellationToken);
}
