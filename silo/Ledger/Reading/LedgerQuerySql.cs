using System.Globalization;
using System.Text;
using CodeSigning.Grains.Ledger;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Reading;

/// <summary>Writes the SQL of a page of entries, whose filters and whose one upper bound of time are the ranges of an index.</summary>
internal static class LedgerQuerySql
{
    /// <summary>The columns that a page reads, and the table.</summary>
    public const string Columns = "SELECT operation_id, signer_id, actor_id, stream, number, json FROM ledger_entries";

    /// <summary>The statement and its parameters.</summary>
    /// <param name="query">The query; its <c>Before</c> has the time that follows.</param>
    /// <param name="beforeMs">The time of the entry that the page comes after; null for the first page.</param>
    public static (string Sql, object[] Values) Write(LedgerQuery query, long? beforeMs)
    {
        StringBuilder sql = new(Columns);
        List<object> values = [];
        var toMs = query.To?.ToUnixTimeMilliseconds();
        Filter("signer_id =", query.SignerId);
        Filter("actor_id =", query.ActorId);
        Filter("grant_id =", query.GrantId);
        Filter("at_ms >=", query.From?.ToUnixTimeMilliseconds());

        // Of two upper bounds SQLite would search by one and read all that the other leaves out.
        if (beforeMs is { } before && !(toMs <= before))
        {
            Literal($"(at_ms, operation_id) < ({Parameter(before)}, {Parameter(query.Before!)})");
        }
        else
        {
            Filter("at_ms <", toMs);
        }

        // Literals let the planner use the partial indexes.
        if (query.Kind is { } kind)
        {
            Literal($"kind = '{EntryWords.Of(kind)}'");
        }

        if (query.Outcome is { } outcome)
        {
            Literal($"outcome = '{EntryWords.Of(outcome)}'");
        }

        // Hardly any administrative entry is a refusal: those are found among administrative entries, not among refusals.
        if (query.Outcome is EntryOutcome.Failed or EntryOutcome.Denied && query.Kind is not EntryKind.Admin)
        {
            Literal("outcome <> 'success'");
        }

        sql.Append(" ORDER BY at_ms DESC, operation_id DESC LIMIT ")
            .Append(Math.Clamp(query.Limit, 1, 1000).ToString(CultureInfo.InvariantCulture));
        return (sql.ToString(), [.. values]);

        void Filter(string condition, object? value)
        {
            if (value is not null)
            {
                Literal($"{condition} {Parameter(value)}");
            }
        }

        string Parameter(object value)
        {
            values.Add(value);
            return DatabaseReads.ParameterName(values.Count - 1);
        }

        void Literal(string condition) => sql.Append(sql.Length == Columns.Length ? " WHERE " : " AND ").Append(condition);
    }
}
