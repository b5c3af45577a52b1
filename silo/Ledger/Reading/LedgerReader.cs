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
    private const string Columns = "SELECT operation_id, signer_id, actor_id, stream, number, json FROM ledger_entries";

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
        var rows = await connections.QueryAsync($"{Columns} WHERE operation_id = @a", Map, cancellationToken, operationId);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<IReadOnlyList<LedgerEntry>> ListAsync(LedgerQuery query, CancellationToken cancellationToken)
    {
        StringBuilder sql = new(Columns);
        List<object> values = [];
        Filter(query.SignerId, "signer_id =");
        Filter(query.ActorId, "actor_id =");
        Filter(query.GrantId, "grant_id =");
        Filter(query.From?.ToUnixTimeMilliseconds(), "at_ms >=");
        Filter(query.To?.ToUnixTimeMilliseconds(), "at_ms <");

        // Literals let the planner use the partial indexes.
        if (query.Kind is { } kind)
        {
            Literal($"kind = '{EntryWords.Of(kind)}'");
        }

        if (query.Outcome is { } outcome)
        {
            Literal(outcome is EntryOutcome.Success ? "outcome = 'success'" : $"outcome = '{EntryWords.Of(outcome)}' AND outcome <> 'success'");
        }

        if (query.Before is { } before)
        {
            var parameter = DatabaseReads.ParameterName(values.Count);
            Literal($"(at_ms, operation_id) < (SELECT at_ms, operation_id FROM ledger_entries WHERE operation_id = {parameter})");
            values.Add(before);
        }

        sql.Append(" ORDER BY at_ms DESC, operation_id DESC LIMIT ").Append(Math.Clamp(query.Limit, 1, 1000));
        return await connections.QueryAsync(sql.ToString(), Map, cancellationToken, [.. values]);

        void Filter(object? value, string condition)
        {
            if (value is null)
            {
                return;
            }

            Literal($"{condition} {DatabaseReads.ParameterName(values.Count)}");
            values.Add(value);
        }

        void Literal(string condition) => sql.Append(sql.Length == Columns.Length ? " WHERE " : " AND ").Append(condition);
    }

    private static string HashOf(string entry)
    {
        var text = Encoding.UTF8.GetBytes(entry);
        return EntryText.TryGetStatedHash(text, out _) ? Convert.ToHexStringLower(EntryText.ComputeHash(text)) : "";
    }

    private static LedgerEntry Map(DbDataReader reader) => new(
        reader.GetString(0), reader.GetText(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetString(5));
}
