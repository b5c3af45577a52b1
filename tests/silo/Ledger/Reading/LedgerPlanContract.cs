using System.Globalization;
using System.Text.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Tests.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Reading;

/// <summary>What the lists of entries read of a long ledger, counted and not timed.</summary>
public abstract class LedgerPlanContract(DatabaseKind kind) : StoreSuite(kind)
{
    private const int Entries = 20_000;
    private const int EntriesASecond = 100;
    private const string SignerId = "sgn_1";
    private const string ActorId = "idn_1"; // Of Elements.
    private const string OtherActorId = "idn_never_refused";
    private const string GrantId = "gnt_of_plans";

    [Fact]
    public async Task Every_filter_reads_no_more_than_a_page()
    {
        var entries = await FillAsync();
        var middle = (await Node.Entries.FindAsync(entries[Entries / 2], default))!;
        var at = JsonDocument.Parse(middle.Json).RootElement.GetProperty("at").GetDateTimeOffset();
        List<string> greedy = [];
        foreach (var (name, query) in Queries(at, middle.OperationId))
        {
            var (rows, read, plan) = await MeasureAsync(LedgerQuerySql.Write(query, query.Before is null ? null : at.ToUnixTimeMilliseconds()));
            if (read > Allowed || (rows == 0 && !name.Contains("no ", StringComparison.Ordinal)))
            {
                greedy.Add($"{name}: {rows} rows, {read} read instead of {Allowed}: {plan}");
            }
        }

        Assert.True(greedy.Count == 0, string.Join('\n', greedy));
    }

    [Fact]
    public async Task Followers_of_a_stream_read_only_what_they_seek()
    {
        await FillAsync();
        foreach (var (sql, found, span) in new[]
        {
            (LedgerPages.AdministrationSql, 18, 18_000),
            (LedgerPages.DenialsSql, 25, 200),
            (LedgerPages.RefusalsSql, 25, 100),
        })
        {
            var (rows, read, plan) = await MeasureAsync((sql, [Node.Writer.Stream!, 1001, 1000 + span, 1000]));
            Assert.InRange(rows, found, 2 * found);
            Assert.True(read <= Allowed, $"{rows} rows, {read} read instead of {Allowed}: {plan}");
        }
    }

    private protected abstract long Allowed { get; }

    private protected abstract Task<(long Rows, long Read, string Plan)> MeasureAsync(string sql);

    private Task<(long Rows, long Read, string Plan)> MeasureAsync((string Sql, object[] Values) statement)
    {
        var sql = statement.Sql;
        for (var i = statement.Values.Length - 1; i >= 0; i--)
        {
            var value = Convert.ToString(statement.Values[i], CultureInfo.InvariantCulture)!;
            sql = sql.Replace(DatabaseReads.ParameterName(i), statement.Values[i] is string ? $"'{value}'" : value, StringComparison.Ordinal);
        }

        return MeasureAsync(sql);
    }

    private static IEnumerable<(string Name, LedgerQuery Query)> Queries(DateTimeOffset middle, string cursor)
    {
        (string Name, LedgerQuery Query)[] first =
        [
            ("everything", new LedgerQuery()),
            ("signatures", new LedgerQuery(EntryKind.Sign)),
            ("administration", new LedgerQuery(EntryKind.Admin)),
            ("done", new LedgerQuery(Outcome: EntryOutcome.Success)),
            ("denied", new LedgerQuery(Outcome: EntryOutcome.Denied)),
            ("failed", new LedgerQuery(Outcome: EntryOutcome.Failed)),
            ("signatures denied", new LedgerQuery(EntryKind.Sign, EntryOutcome.Denied)),
            ("no administration denied", new LedgerQuery(EntryKind.Admin, EntryOutcome.Denied)),
            ("time", new LedgerQuery(From: middle.AddMinutes(-1), To: middle.AddMinutes(1))),
            ("no time", new LedgerQuery(To: middle.AddDays(-1))),
            ("time before the middle", new LedgerQuery(To: middle.AddSeconds(-20))),
            ("signer", new LedgerQuery(SignerId: SignerId)),
            ("no signer", new LedgerQuery(SignerId: "sgn_none")),
            ("no administration of the signer", new LedgerQuery(EntryKind.Admin, SignerId: SignerId)),
            ("done with the signer", new LedgerQuery(Outcome: EntryOutcome.Success, SignerId: SignerId)),
            ("denied with the signer", new LedgerQuery(Outcome: EntryOutcome.Denied, SignerId: SignerId)),
            ("failed with the signer", new LedgerQuery(Outcome: EntryOutcome.Failed, SignerId: SignerId)),
            ("actor", new LedgerQuery(SignerId: SignerId, ActorId: ActorId)),
            ("no actor", new LedgerQuery(SignerId: SignerId, ActorId: "usr_none")),
            ("denied to the actor", new LedgerQuery(Outcome: EntryOutcome.Denied, SignerId: SignerId, ActorId: ActorId)),
            ("failed for the actor", new LedgerQuery(Outcome: EntryOutcome.Failed, SignerId: SignerId, ActorId: ActorId)),
            ("no refusal of the other actor", new LedgerQuery(Outcome: EntryOutcome.Denied, SignerId: SignerId, ActorId: OtherActorId)),
            ("grant", new LedgerQuery(SignerId: SignerId, GrantId: GrantId)),
            ("no grant", new LedgerQuery(SignerId: SignerId, GrantId: "gnt_none")),
            ("denied under the grant", new LedgerQuery(Outcome: EntryOutcome.Denied, SignerId: SignerId, GrantId: GrantId)),
            ("time of the signer", new LedgerQuery(SignerId: SignerId, From: middle.AddMinutes(-1), To: middle.AddMinutes(1))),
        ];
        return [.. first, .. first.Select(one => ($"{one.Name}, from the middle", one.Query with { Before = cursor }))];
    }

    // Three of four are signatures, half of those of another actor; denials and failures are the rest, and one in a thousand
    // is administrative.
    private async Task<string[]> FillAsync()
    {
        List<string> ids = [];
        foreach (var numbers in Enumerable.Range(0, Entries).Chunk(EntriesASecond))
        {
            await AdvanceAsync(TimeSpan.FromSeconds(1));
            var drafts = numbers.Select(Draft).ToArray();
            var outcomes = await Task.WhenAll(drafts.Select(draft => CommitAsync(new LedgerElement { Entry = draft })));
            Assert.All(outcomes, outcome => Assert.IsType<CommitOutcome.Committed>(outcome));
            ids.AddRange(drafts.Select(draft => draft.OperationId));
        }

        return [.. ids];
    }

    private static EntryDraft Draft(int number) => (number % 1000, number % 8) switch
    {
        (0, _) => Elements.Admin(),
        (_, 1) => Elements.Signature(SignerId, GrantId) with { Outcome = EntryOutcome.Denied, Code = "ScopeMismatch", Signature = null },
        (_, 2) => Elements.Signature(SignerId, GrantId) with { Outcome = EntryOutcome.Failed, Code = "InternalError", Signature = null },
        (_, > 4) => Elements.Signature(SignerId, GrantId) with { Actor = new Actor(PrincipalKind.Identity, OtherActorId, "other") },
        _ => Elements.Signature(SignerId, GrantId),
    };
}

/// <summary>SQLite tells no rows; the instructions of its machine are about twenty a row.</summary>
public sealed class SqliteLedgerPlans() : LedgerPlanContract(DatabaseKind.Sqlite)
{
    private const int EachInstructions = 10;

    private protected override long Allowed => 3000;

    private protected override async Task<(long Rows, long Read, string Plan)> MeasureAsync(string sql)
    {
        await using SqliteConnection connection = new($"Data Source={Database.Options.SqliteFile};Pooling=false;Mode=ReadOnly");
        await connection.OpenAsync();
        var plan = string.Join("; ", await ReadAsync(connection, "EXPLAIN QUERY PLAN " + sql, reader => reader.GetString(3)));
        long instructions = 0;
        raw.sqlite3_progress_handler(connection.Handle, EachInstructions, Count, null);
        var rows = await ReadAsync(connection, sql, reader => reader.GetString(0));
        return (rows.Count, instructions, plan);

        int Count(object state)
        {
            instructions += EachInstructions;
            return 0;
        }
    }

    private static async Task<List<string>> ReadAsync(SqliteConnection connection, string sql, Func<SqliteDataReader, string> map)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
        {
            rows.Add(map(reader));
        }

        return rows;
    }
}

/// <summary>PostgreSQL counts the rows that each scan reads.</summary>
public sealed class PostgreSqlLedgerPlans() : LedgerPlanContract(DatabaseKind.PostgreSql)
{
    private bool _isAnalyzed;

    private protected override long Allowed => 60;

    [Fact]
    public async Task Repeated_read_is_planned_for_its_values()
    {
        var connections = Node.Get<PostgreSqlConnections>();
        await using var connection = await connections.OpenAsync(default);
        for (var i = 0; i < 10; i++)
        {
            await using var read = connection.CreateCommand();
            read.CommandText = "SELECT json FROM ledger_entries WHERE actor_id = @a";
            read.Parameters.Add(new NpgsqlParameter("a", $"usr_{i}"));
            await read.ExecuteScalarAsync();
        }

        await using var plans = connection.CreateCommand();
        plans.CommandText = "SELECT sum(generic_plans) = 0 AND sum(custom_plans) > 5 FROM pg_prepared_statements WHERE statement LIKE '%actor_id = $1'";
        Assert.True((bool)(await plans.ExecuteScalarAsync())!);
    }

    private protected override async Task<(long Rows, long Read, string Plan)> MeasureAsync(string sql)
    {
        if (!_isAnalyzed)
        {
            await Database.ExecuteAsync("ANALYZE ledger_entries");
            _isAnalyzed = true;
        }

        var qualified = sql.Replace("ledger_entries", "codesigning.ledger_entries", StringComparison.Ordinal);
        var text = (string)(await Database.PostgreSql.AskAsync("EXPLAIN (ANALYZE, FORMAT JSON) " + qualified))!;
        using var plan = JsonDocument.Parse(text);
        var root = plan.RootElement[0].GetProperty("Plan");
        return (Number(root, "Actual Rows"), ReadOf(root), text.ReplaceLineEndings(" "));
    }

    private static long ReadOf(JsonElement node)
    {
        var below = node.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray().Sum(ReadOf) : 0;
        return node.TryGetProperty("Relation Name", out _)
            ? below + (Number(node, "Actual Loops") * (Number(node, "Actual Rows") + Number(node, "Rows Removed by Filter")))
            : below;
    }

    private static long Number(JsonElement node, string name) => node.TryGetProperty(name, out var value) ? (long)value.GetDouble() : 0;
}
