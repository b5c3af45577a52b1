using System.Globalization;
using System.Text;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// Writes the SQL of a <see cref="StateQuery"/> so that each combination of filters is a few ranges of indexes, each read
/// from its newest end and no further than the page needs: one range for each pair of a status and a link.
/// </summary>
internal sealed class StateQuerySql
{
    private const int MaxRanges = 200;

    private readonly StateQuery _query;
    private readonly List<object> _values = [];
    private readonly Dictionary<object, string> _names = [];

    private StateQuerySql(StateQuery query) => _query = query;

    /// <summary>The statements whose pages, merged, are the page that was asked for; nearly always one.</summary>
    public static IEnumerable<(string Sql, object[] Values)> Write(StateQuery query)
    {
        string?[] statuses = query.Statuses.IsDefaultOrEmpty ? [null] : [.. query.Statuses.Distinct()];
        string?[] links = query.AnyLink.IsDefaultOrEmpty ? [null] : [.. query.AnyLink.Distinct()];
        return statuses.SelectMany(status => links.Select(link => (status, link)))
            .Chunk(MaxRanges)
            .Select(ranges => new StateQuerySql(query).WriteOne(ranges));
    }

    private (string Sql, object[] Values) WriteOne((string? Status, string? Link)[] ranges)
    {
        var limit = Math.Clamp(_query.Limit, 1, 1000).ToString(CultureInfo.InvariantCulture);
        StringBuilder sql = new("WITH page AS MATERIALIZED (SELECT id FROM (");
        for (var i = 0; i < ranges.Length; i++)
        {
            if (i > 0)
            {
                sql.Append(" UNION ");
            }

            // SQLite takes ORDER BY and LIMIT in a part of a UNION only below another SELECT.
            sql.Append("SELECT id FROM (");
            AppendRange(sql, ranges[i].Status, ranges[i].Link);
            sql.Append(" LIMIT ").Append(limit).Append(") r").Append(i.ToString(CultureInfo.InvariantCulture));
        }

        // SQLite must not walk all states and look for each whether it is on the page: CROSS JOIN keeps its order.
        sql.Append(") ranges ORDER BY id DESC LIMIT ").Append(limit).Append(") ")
            .Append("SELECT s.type, s.id, s.version, s.content, s.seal, s.name, s.parent, s.status, s.until_ms FROM page CROSS JOIN states s WHERE s.id = page.id AND s.type = ")
            .Append(Parameter(_query.Type)).Append(" ORDER BY s.id DESC");
        return (sql.ToString(), [.. _values]);
    }

    private void AppendRange(StringBuilder sql, string? status, string? link)
    {
        var row = link is null ? "s" : "l";
        sql.Append(link is null ? "SELECT s.id FROM states s" : "SELECT l.id FROM state_links l")
            .Append(" WHERE ").Append(row).Append(".type = ").Append(Parameter(_query.Type));
        if (link is not null)
        {
            sql.Append(" AND l.link = ").Append(Parameter(link));
        }

        if (_query.Parent is { } parent)
        {
            sql.Append(" AND ").Append(row).Append(".parent = ").Append(Parameter(parent));
        }

        if (status is not null)
        {
            sql.Append(" AND ").Append(row).Append(".status = ").Append(Parameter(status));
        }

        if (_query.Before is { } before)
        {
            sql.Append(" AND ").Append(row).Append(".id < ").Append(Parameter(before));
        }

        AppendNameAndUntil(sql, link);
        sql.Append(" ORDER BY ").Append(row).Append(".id");
        // Few states have ended and not been swept: their range is read and sorted. Without this the planner may walk all
        // states in the order of their ids instead.
        if (_query.UntilBefore is not null && link is null)
        {
            sql.Append(" || ''");
        }

        sql.Append(" DESC");
    }

    private void AppendNameAndUntil(StringBuilder sql, string? link)
    {
        if (_query.Name is null && _query.UntilBefore is null && _query.UntilAtLeast is null)
        {
            return;
        }

        if (link is not null)
        {
            sql.Append(" AND EXISTS (SELECT 1 FROM states s WHERE s.type = l.type AND s.id = l.id");
        }

        if (_query.Name is { } name)
        {
            sql.Append(" AND s.name = ").Append(Parameter(name));
        }

        if (_query.UntilBefore is { } until)
        {
            sql.Append(" AND s.until_ms < ").Append(Parameter(until.ToUnixTimeMilliseconds()));
        }

        if (_query.UntilAtLeast is { } least)
        {
            sql.Append(" AND (s.until_ms >= ").Append(Parameter(least.ToUnixTimeMilliseconds())).Append(" OR s.until_ms IS NULL)");
        }

        if (link is not null)
        {
            sql.Append(')');
        }
    }

    private string Parameter(object value)
    {
        if (_names.TryGetValue(value, out var name))
        {
            return name;
        }

        name = DatabaseReads.ParameterName(_values.Count);
        _values.Add(value);
        _names.Add(value, name);
        return name;
    }
}
