using System.Data.Common;
using System.Text;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;

namespace CodeSigning.Silo.Storage;

/// <summary>Reads states from the database and checks the seal of every row.</summary>
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
        // The version comes without the content where it is the known one.
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

    // One look-up by the primary key for each, whatever the planner thinks of a list of pairs.
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
