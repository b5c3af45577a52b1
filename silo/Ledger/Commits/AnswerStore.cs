using System.Text;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>Finds and decrypts the answers stored for idempotency keys.</summary>
internal sealed class AnswerStore(IReadConnections connections, ISecretSealer sealer, ILedgerCommits commits) : IAnswerStore
{
    /// <summary>The retention of an answer: 24 hours.</summary>
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
            : throw new InvalidOperationException("The stored answer of an idempotency key cannot be decrypted: it was changed outside the service.");
    }
}

/// <summary>
/// The associated data of an encrypted answer, so that it cannot be used for another caller, operation or key. The
/// request's hash is encrypted too: a body may contain a password, and a plain hash of it could be attacked by
/// guessing.
/// </summary>
internal static class AnswerContext
{
    public static byte[] OfAnswer(string caller, string scope, string key) => Of("answer", caller, scope, key);

    public static byte[] OfRequest(string caller, string scope, string key) => Of("request", caller, scope, key);

    // The lengths make the encoding unambiguous.
    private static byte[] Of(string part, string caller, string scope, string key) =>
        Encoding.UTF8.GetBytes($"{part}:{caller.Length}:{caller}{scope.Length}:{scope}{key}");
}
