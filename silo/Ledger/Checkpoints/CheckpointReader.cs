using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Checkpoints;

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
