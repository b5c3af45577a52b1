using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Tests.Ledger;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>Reading states: one, many, changed, stale, and every filter of a list.</summary>
public abstract class StateStoreContract(DatabaseKind kind) : StoreSuite(kind)
{
    private static readonly string[] Parents = ["sgn_a", "sgn_b"];
    private static readonly string[] Words = ["active", "revoked", "expired"];
    private static readonly string[] People = ["user:u1", "user:u2", "group:g1"];

    [Fact]
    public async Task Changed_unchanged_and_missing_states_are_distinguished()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        await CommitSurelyAsync(Elements.Save("signer", "sgn_1", 1, "{\"a\":2}"));
        Assert.Equal((false, null), await Node.States.ReadIfChangedAsync("signer", "sgn_1", 2, CancellationToken.None));
        var (changed, state) = await Node.States.ReadIfChangedAsync("signer", "sgn_1", 1, CancellationToken.None);
        Assert.True(changed);
        Assert.Equal(2, state!.Version);
        Assert.Equal((false, null), await Node.States.ReadIfChangedAsync("signer", "sgn_2", 0, CancellationToken.None));
        Assert.Equal((true, null), await Node.States.ReadIfChangedAsync("signer", "sgn_2", 3, CancellationToken.None));
    }

    [Fact]
    public async Task Stale_versions_are_named_with_the_stored_ones()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        StateVersion[] asked = [new("signer", "sgn_1", 1), new("signer", "sgn_1", 5), new("user", "usr_1", 0), new("user", "usr_2", 2)];
        var stale = await Node.States.FindStaleAsync(asked, CancellationToken.None);
        Assert.Equal([new("signer", "sgn_1", 1), new StateVersion("user", "usr_2", 0)], stale);
        Assert.Empty(await Node.States.FindStaleAsync([], CancellationToken.None));
    }

    [Fact]
    public async Task Every_filter_combination_lists_its_matches_newest_first_in_pages()
    {
        var rows = await FillAsync(90);
        foreach (var query in Combinations())
        {
            var expected = rows.Where(row => Fits(row, query)).Select(row => row.Id).OrderDescending(StringComparer.Ordinal).ToList();
            List<string> found = [];
            string? before = null;
            while (true)
            {
                var page = await Node.States.ListAsync(query with { Before = before, Limit = 7 }, CancellationToken.None);
                found.AddRange(page.Select(state => state.Id));
                if (page.Count < 7)
                {
                    break;
                }

                before = page[^1].Id;
            }

            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public async Task More_links_than_one_statement_accepts_are_merged()
    {
        await FillAsync(20);
        ImmutableArray<string> links = [.. Enumerable.Range(0, 900).Select(i => $"group:x{i}"), "user:u1"];
        var page = await Node.States.ListAsync(new StateQuery("grant", AnyLink: links, Limit: 5), CancellationToken.None);
        var plain = await Node.States.ListAsync(new StateQuery("grant", AnyLink: ["user:u1"], Limit: 5), CancellationToken.None);
        Assert.Equal(plain.Select(s => s.Id), page.Select(s => s.Id));
    }

    [Fact]
    public async Task Every_combination_of_filters_is_served_by_an_index()
    {
        foreach (var query in Combinations())
        {
            foreach (var (sql, values) in StateQuerySql.Write(query with { Before = "z" }))
            {
                var plan = await ExplainAsync(sql, values);
                Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
                Assert.DoesNotMatch("SCAN (s|l|states|state_links)\\b", plan);
            }
        }
    }

    private async Task<string> ExplainAsync(string sql, object[] values)
    {
        var explain = Database.Kind is DatabaseKind.Sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ";
        await using var connection = await Node.Get<IReadConnections>().OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        // An empty table is scanned whatever indexes it has, unless that is ruled out.
        command.CommandText = Database.Kind is DatabaseKind.PostgreSql ? "SET enable_seqscan = off" : "SELECT 1";
        await command.ExecuteNonQueryAsync();
        command.CommandText = explain + sql;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (DatabaseReads.ParameterName(i), values[i]);
            command.Parameters.Add(parameter);
        }

        List<string> lines = [];
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                lines.Add(reader.GetString(reader.FieldCount - 1));
            }
        }

        return string.Join('\n', lines);
    }

    private async Task<List<(string Id, StateIndex Index)>> FillAsync(int count)
    {
        Random random = new(7);
        List<(string Id, StateIndex Index)> rows = [];
        List<StateWrite> writes = [];
        for (var i = 0; i < count; i++)
        {
            StateIndex index = new(
                Name: i % 10 == 0 ? $"name{i}" : null,
                Parent: Parents[random.Next(2)],
                Status: Words[random.Next(3)],
                Until: random.Next(4) == 0 ? null : Time.GetUtcNow() + TimeSpan.FromMinutes(random.Next(-30, 30)),
                Links: [.. People.Where(_ => random.Next(2) == 0)]);
            rows.Add(($"gnt_{i:d4}", index));
            writes.Add(Elements.Write("grant", $"gnt_{i:d4}", 0, "{}", index));
        }

        await CommitSurelyAsync(new LedgerElement { Writes = [.. writes] });
        await CommitSurelyAsync(Elements.Create("policy", "gnt_0001x", "{}", rows[1].Index));
        return rows;
    }

    private IEnumerable<StateQuery> Combinations() =>
        from parent in new[] { null, "sgn_a" }
        from statuses in new ImmutableArray<string>[] { default, ["active"], ["active", "revoked"] }
        from links in new ImmutableArray<string>[] { default, ["user:u1"], ["user:u1", "group:g1"] }
        from until in new DateTimeOffset?[] { null, Time.GetUtcNow() }
        from least in new DateTimeOffset?[] { null, Time.GetUtcNow() - TimeSpan.FromMinutes(10) }
        from name in new[] { null, "name10" }
        select new StateQuery("grant", parent, statuses, links, name, until, least);

    private static bool Fits((string Id, StateIndex Index) row, StateQuery query) =>
        (query.Parent is null || row.Index.Parent == query.Parent)
        && (query.Statuses.IsDefaultOrEmpty || query.Statuses.Contains(row.Index.Status!))
        && (query.AnyLink.IsDefaultOrEmpty || query.AnyLink.Any(row.Index.Links.Contains))
        && (query.Name is null || row.Index.Name == query.Name)
        && (query.UntilBefore is not { } until || row.Index.Until < until)
        && (query.UntilAtLeast is not { } least || row.Index.Until is null || row.Index.Until >= least);
}

public sealed class SqliteStateStore() : StateStoreContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlStateStore() : StateStoreContract(DatabaseKind.PostgreSql);
