using System.Data.Common;
using System.Globalization;
using System.Text;
using CodeSigning.Contract;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage;

/// <summary>Reads states from the database and verifies the seal of every row.</summary>
internal sealed class StateStore(IReadConnections connections, IStateSealer sealer) : IStateStore
{
    private const int VersionsAtOnce = 200;

    public async Task<StoredState?> ReadAsync(string type, string id, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT type, id, version, content, seal FROM states WHERE type = @a AND id = @b", Open, cancellationToken, type, id);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<IReadOnlyList<StoredState>> ReadManyAsync(
        IReadOnlyCollection<(string Type, string Id)> keys, CancellationToken cancellationToken)
    {
        List<StoredState> found = [];
        foreach (var some in keys.Chunk(VersionsAtOnce))
        {
            var (sql, values) = SelectByKey("type, id, version, content, seal", some);
            found.AddRange(await connections.QueryAsync(sql, Open, cancellationToken, values));
        }

        return found;
    }

    public async Task<(bool Changed, StoredState? State)> ReadIfChangedAsync(
        string type, string id, long knownVersion, CancellationToken cancellationToken)
    {
        // An unchanged row is returned without its content.
        var rows = await connections.QueryAsync(
            """
            SELECT type, id, version, content, seal FROM states WHERE type = @a AND id = @b AND version <> @c
            UNION ALL
            SELECT type, id, version, NULL, NULL FROM states WHERE type = @a AND id = @b AND version = @c
            """,
            reader => reader.IsDBNull(4) ? null : Open(reader),
            cancellationToken, type, id, knownVersion);
        return rows.Count switch
        {
            0 => (knownVersion != 0, null),
            _ => (rows[0] is not null, rows[0]),
        };
    }

    public async Task<IReadOnlyList<StateVersion>> FindStaleAsync(
        IReadOnlyCollection<StateVersion> versions, CancellationToken cancellationToken)
    {
        List<StateVersion> stale = [];
        foreach (var some in versions.Distinct().Chunk(VersionsAtOnce))
        {
            var found = await ReadVersionsAsync(some, cancellationToken);
            foreach (var version in some)
            {
                var actual = version with { Version = found.GetValueOrDefault((version.Type, version.Id)) };
                if (actual != version && !stale.Contains(actual))
                {
                    stale.Add(actual);
                }
            }
        }

        return stale;
    }

    public async Task<IReadOnlyList<StoredState>> ListAsync(StateQuery query, CancellationToken cancellationToken)
    {
        List<List<StoredState>> pages = [];
        foreach (var (sql, values) in StateQuerySql.Write(query))
        {
            pages.Add(await connections.QueryAsync(sql, OpenFound, cancellationToken, values));
        }

        return pages.Count == 1
            ? pages[0]
            : [.. pages.SelectMany(page => page)
                .DistinctBy(state => state.Id)
                .OrderByDescending(state => state.Id, StringComparer.Ordinal)
                .Take(Math.Clamp(query.Limit, 1, 1000))];
    }

    private async Task<Dictionary<(string, string), long>> ReadVersionsAsync(
        IReadOnlyCollection<StateVersion> versions, CancellationToken cancellationToken)
    {
        (string, string)[] keys = [.. versions.Select(version => (version.Type, version.Id)).Distinct()];
        var (sql, values) = SelectByKey("type, id, version", keys);
        var rows = await connections.QueryAsync(
            sql, reader => (reader.GetString(0), reader.GetString(1), reader.GetInt64(2)), cancellationToken, values);
        return rows.ToDictionary(row => (row.Item1, row.Item2), row => row.Item3);
    }

    // One primary-key look-up per pair, independent of the planner's handling of a list of pairs.
    private static (string Sql, object[] Values) SelectByKey(string columns, IReadOnlyCollection<(string Type, string Id)> keys)
    {
        StringBuilder sql = new();
        List<object> values = [];
        foreach (var (type, id) in keys)
        {
            sql.Append(sql.Length == 0 ? "" : " UNION ALL ")
                .Append("SELECT ").Append(columns).Append(" FROM states WHERE type = ").Append(DatabaseReads.ParameterName(values.Count))
                .Append(" AND id = ").Append(DatabaseReads.ParameterName(values.Count + 1));
            values.Add(type);
            values.Add(id);
        }

        return (sql.ToString(), [.. values]);
    }

    private StoredState OpenFound(DbDataReader reader) => Open(reader) with
    {
        Columns = new StateColumns(
            reader.GetText(5), reader.GetText(6), reader.GetText(7), reader.IsDBNull(8) ? null : reader.GetInt64(8)),
    };

    private StoredState Open(DbDataReader reader)
    {
        var (type, id, version) = (reader.GetString(0), reader.GetString(1), reader.GetInt64(2));
        var content = reader.GetFieldValue<byte[]>(3);
        return sealer.Verify(type, id, version, content, reader.GetFieldValue<byte[]>(4))
            ? new StoredState(type, id, version, content)
            : throw new StateTamperedException(type, id);
    }
}

/// <summary>
/// Seals state rows with a key outside the database, so that write access to the database alone cannot add or change a
/// row.
/// </summary>
public interface IStateSealer
{
    /// <summary>Computes the seal of a row: a MAC over its type, id, version and content.</summary>
    byte[] Seal(string type, string id, long version, ReadOnlySpan<byte> content);

    /// <summary>Verifies the seal of a row in constant time.</summary>
    bool Verify(string type, string id, long version, ReadOnlySpan<byte> content, ReadOnlySpan<byte> seal);
}

/// <summary>
/// Writes the SQL of a <see cref="StateQuery"/> so that each combination of filters is a few index ranges, one per pair
/// of status and link, each read from its newest end and no further than the page requires.
/// </summary>
internal sealed class StateQuerySql
{
    private const int MaxRanges = 200;

    private readonly StateQuery _query;
    private readonly List<object> _values = [];
    private readonly Dictionary<object, string> _names = [];

    private StateQuerySql(StateQuery query) => _query = query;

    /// <summary>The statements whose merged pages are the requested page; nearly always one.</summary>
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

            // SQLite accepts ORDER BY and LIMIT in a part of a UNION only within a subquery.
            sql.Append("SELECT id FROM (");
            AppendRange(sql, ranges[i].Status, ranges[i].Link);
            sql.Append(" LIMIT ").Append(limit).Append(") r").Append(i.ToString(CultureInfo.InvariantCulture));
        }

        // CROSS JOIN fixes the join order in SQLite, which could otherwise scan all states.
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
        // Few states are expired and not yet swept, so reading and sorting their range is cheap. Without this the
        // planner may scan all states in id order.
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
