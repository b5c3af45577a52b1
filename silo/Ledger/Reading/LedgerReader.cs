using System.Data.Common;
using System.Text;
using CodeSigning.Grains.Ledger;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Reading;

/// <summary>Reads entries. Pages are ordered by (time, operation id), the suffix of every filter's index.</summary>
internal sealed class LedgerReader(IReadConnections connections) : ILedgerReader
{
    public async Task<long> CountUsesAsync(string grantId, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT use FROM ledger_entries WHERE grant_id = @a AND use IS NOT NULL ORDER BY use DESC LIMIT 1",
            reader => reader.GetInt64(0), cancellationToken, grantId);
        return rows.Count == 0 ? 0 : rows[0];
    }

    public async Task<IReadOnlyDictionary<string, long>> CountUsesAsync(
        IReadOnlyList<string> grantIds, CancellationToken cancellationToken)
    {
        if (grantIds.Count == 0)
        {
            return new Dictionary<string, long>();
        }

        var ids = string.Join(", ", grantIds.Select((_, i) => $"({DatabaseReads.ParameterName(i)})"));
        var rows = await connections.QueryAsync(
            $"""
            WITH grants(id) AS (VALUES {ids})
            SELECT id, coalesce((
                SELECT use FROM ledger_entries WHERE grant_id = grants.id AND use IS NOT NULL ORDER BY use DESC LIMIT 1), 0)
            FROM grants
            """,
            reader => KeyValuePair.Create(reader.GetString(0), reader.GetInt64(1)), cancellationToken, [.. grantIds]);
        return new Dictionary<string, long>(rows);
    }

    public async Task<LastUse?> FindLastUseAsync(string grantId, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT use, json FROM ledger_entries WHERE grant_id = @a AND use IS NOT NULL ORDER BY use DESC LIMIT 1",
            reader => new LastUse(reader.GetInt64(0), HashOf(reader.GetString(1))), cancellationToken, grantId);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<long> ReadUnsealedCountAsync(string id, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT count FROM counters WHERE id = @a", reader => reader.GetInt64(0), cancellationToken, id);
        return rows.Count == 0 ? 0 : rows[0];
    }

    public async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        var found = await connections.QueryAsync(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM ledger_entries) OR EXISTS (SELECT 1 FROM ledger_heads)
                OR EXISTS (SELECT 1 FROM ledger_checkpoints)
            """,
            reader => reader.GetInt32(0), cancellationToken);
        return found.Count == 0;
    }

    public async Task<LedgerEntry?> FindAsync(string operationId, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync($"{LedgerQuerySql.Columns} WHERE operation_id = @a", Map, cancellationToken, operationId);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<IReadOnlyList<LedgerEntry>> ListAsync(LedgerQuery query, CancellationToken cancellationToken)
    {
        long? beforeMs = null;
        if (query.Before is { } before)
        {
            var found = await connections.QueryAsync(
                "SELECT at_ms FROM ledger_entries WHERE operation_id = @a", reader => reader.GetInt64(0), cancellationToken, before);
            if (found.Count == 0)
            {
                return [];
            }

            beforeMs = found[0];
        }

        var (sql, values) = LedgerQuerySql.Write(query, beforeMs);
        return await connections.QueryAsync(sql, Map, cancellationToken, values);
    }

    private static string HashOf(string entry)
    {
        var text = Encoding.UTF8.GetBytes(entry);
        return EntryText.TryGetStatedHash(text, out _) ? Convert.ToHexStringLower(EntryText.ComputeHash(text)) : "";
    }

    private static LedgerEntry Map(DbDataReader reader) => new(
        reader.GetString(0), reader.GetText(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetString(5));
}
