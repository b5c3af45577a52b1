using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Ledger.Commits;

namespace CodeSigning.Silo.Storage;

/// <summary>Finds the answers kept for idempotency keys and decrypts them.</summary>
internal sealed class AnswerStore(IReadConnections connections, IAnswerSealer sealer, ILedgerCommits commits) : IAnswerStore
{
    /// <summary>How long an answer is kept: 24 hours.</summary>
    public const long KeptMs = 24L * 60 * 60 * 1000;

    public async Task<IdempotentAnswer?> FindAsync(string caller, string scope, string key, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT request_hash, answer, made_ms FROM answers WHERE caller = @a AND scope = @b AND key = @c",
            reader => (Hash: reader.GetFieldValue<byte[]>(0), Answer: reader.GetFieldValue<byte[]>(1), MadeMs: reader.GetInt64(2)),
            cancellationToken, caller, scope, key);
        if (rows.Count == 0 || rows[0].MadeMs <= await commits.ReadClockAsync(cancellationToken) - KeptMs)
        {
            return null;
        }

        return sealer.TryOpen(rows[0].Answer, AnswerContext.OfAnswer(caller, scope, key), out var answer)
            && sealer.TryOpen(rows[0].Hash, AnswerContext.OfRequest(caller, scope, key), out var requestHash)
            ? new IdempotentAnswer(caller, scope, key, requestHash, answer)
            : throw new InvalidOperationException("A stored answer cannot be opened: it was changed outside the service.");
    }
}
