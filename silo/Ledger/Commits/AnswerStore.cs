using System.Text;
using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Commits;

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

/// <summary>Encrypts the answers kept for idempotency keys: one may hold a secret that is shown only once.</summary>
public interface IAnswerSealer
{
    /// <summary>Encrypts; the result opens only with the same associated data.</summary>
    byte[] Seal(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> associatedData);

    /// <summary>Decrypts what <see cref="Seal"/> made.</summary>
    /// <returns>False if it was altered or belongs to other associated data.</returns>
    bool TryOpen(ReadOnlySpan<byte> sealedAnswer, ReadOnlySpan<byte> associatedData, out byte[] answer);
}

/// <summary>
/// What an encrypted answer is bound to, so that it cannot be given to another caller, call or key. The hash of what was
/// asked is encrypted too: a body may hold a password, and a bare hash of it could be guessed against.
/// </summary>
internal static class AnswerContext
{
    public static byte[] OfAnswer(string caller, string scope, string key) => Of("answer", caller, scope, key);

    public static byte[] OfRequest(string caller, string scope, string key) => Of("request", caller, scope, key);

    // Lengths, so that no two of them give the same bytes.
    private static byte[] Of(string part, string caller, string scope, string key) =>
        Encoding.UTF8.GetBytes($"{part}:{caller.Length}:{caller}{scope.Length}:{scope}{key}");
}
