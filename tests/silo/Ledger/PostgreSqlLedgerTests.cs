using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using CodeSigning.Testing;
using Npgsql;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger;

/// <summary>What only several nodes, roles and a server of its own can show.</summary>
public sealed class PostgreSqlLedgerTests() : StoreSuite(DatabaseKind.PostgreSql)
{
    private static readonly string[] Tables =
    [
        "states", "state_links", "ledger_streams", "ledger_entries", "ledger_heads", "ledger_checkpoints", "counters", "answers",
        "observations", "reminders", "schema_version",
    ];

    [Fact]
    public async Task Two_nodes_share_a_grant_of_100_exactly()
    {
        await CommitSurelyAsync(Elements.Create("grant", "gnt_1"));
        await using var other = await TestNode.StartAsync(Database, Time);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() => SignAsync(i % 2 == 0 ? Node : other))));
        var uses = outcomes.SelectMany(o => o).OfType<CommitOutcome.Committed>().Select(c => c.Use!.Value).Order();
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), uses);
        Assert.Equal(64 * 5 - 100, outcomes.SelectMany(o => o).OfType<CommitOutcome.Exhausted>().Count());
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);

        static async Task<List<CommitOutcome>> SignAsync(TestNode node)
        {
            List<CommitOutcome> mine = [];
            for (var i = 0; i < 5; i++)
            {
                mine.Add(await node.Ledger.CommitAsync(Elements.Use("gnt_1", 100), CancellationToken.None));
            }

            return mine;
        }
    }

    [Fact]
    public async Task Two_nodes_with_conflicting_read_sets_do_not_both_commit()
    {
        await using var other = await TestNode.StartAsync(Database, Time);
        for (var round = 0; round < 20; round++)
        {
            var (a, b) = ($"usr_a{round}", $"usr_b{round}");
            await CommitSurelyAsync(Elements.Create("user", a));
            await CommitSurelyAsync(Elements.Create("user", b));
            // Each disables one administrator because the other is still one.
            var outcomes = await Task.WhenAll(
                Node.Ledger.CommitAsync(Elements.Save("user", a, 1).RestingOn(new StateVersion("user", b, 1)), CancellationToken.None).AsTask(),
                other.Ledger.CommitAsync(Elements.Save("user", b, 1).RestingOn(new StateVersion("user", a, 1)), CancellationToken.None).AsTask());
            Assert.Single(outcomes.OfType<CommitOutcome.Committed>());
        }
    }

    [Fact]
    public async Task Two_nodes_racing_for_names_answers_counters_have_one_winner()
    {
        await using var other = await TestNode.StartAsync(Database, Time);
        for (var round = 0; round < 20; round++)
        {
            var key = $"k{round}";
            await ExpectOneAsync(i => Elements.Create("signer", $"sgn_{round}_{i}", "{}", new StateIndex(Name: key)));
            await ExpectOneAsync(_ => Elements.Sign().Answering(key));
            await CommitSurelyAsync(Elements.Begin(key));
            await ExpectOneAsync(_ => new LedgerElement().Counting(key, 1));
        }

        async Task ExpectOneAsync(Func<int, LedgerElement> element)
        {
            var outcomes = await Task.WhenAll(
                Node.Ledger.CommitAsync(element(0), CancellationToken.None).AsTask(),
                other.Ledger.CommitAsync(element(1), CancellationToken.None).AsTask());
            Assert.Single(outcomes.OfType<CommitOutcome.Committed>());
        }
    }

    [Fact]
    public async Task Node_with_a_wrong_clock_writes_the_databases_time()
    {
        ManualTimeProvider wrong = new();
        wrong.Advance(TimeSpan.FromMinutes(10));
        await using var other = await TestNode.StartAsync(Database, wrong);
        var committed = Assert.IsType<CommitOutcome.Committed>(await other.Ledger.CommitAsync(Elements.Sign(), CancellationToken.None));
        Assert.Equal(Time.GetUtcNow(), committed.At);
        var late = await other.Ledger.CommitAsync(Elements.Sign() with { Until = Time.GetUtcNow() }, CancellationToken.None);
        Assert.IsType<CommitOutcome.TooLate>(late);
    }

    [Fact]
    public async Task Services_role_may_only_select_and_call_functions()
    {
        await using NpgsqlConnection connection = new(Database.PostgreSql.Service + ";Pooling=false");
        await connection.OpenAsync();
        foreach (var table in Tables)
        {
            await ExecuteAsync($"SELECT count(*) FROM codesigning.{table}");
            foreach (var statement in new[] { $"DELETE FROM codesigning.{table}", $"TRUNCATE codesigning.{table}", $"INSERT INTO codesigning.{table} DEFAULT VALUES", $"DROP TABLE codesigning.{table}", $"ALTER TABLE codesigning.{table} DISABLE TRIGGER ALL" })
            {
                await AssertDeniedAsync(statement);
            }
        }

        await AssertDeniedAsync("UPDATE codesigning.ledger_entries SET json = ''");
        await AssertDeniedAsync("UPDATE codesigning.states SET content = ''");
        await AssertDeniedAsync("CREATE TABLE codesigning.mine (a integer)");
        await AssertDeniedAsync("CREATE OR REPLACE FUNCTION codesigning.now_ms() RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'");

        async Task ExecuteAsync(string sql)
        {
            await using NpgsqlCommand command = new(sql, connection);
            await command.ExecuteNonQueryAsync();
        }

        async Task AssertDeniedAsync(string sql)
        {
            var exception = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(sql));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, exception.SqlState);
        }
    }

    [Fact]
    public async Task Commit_scans_no_table_sequentially()
    {
        await CommitSurelyAsync(Elements.Create("grant", "gnt_1"));
        await Node.Get<ILedgerCommits>().OpenStreamAsync("str_scans", "test", CancellationToken.None);
        NpgsqlConnection connection = new(Database.PostgreSql.Owner + ";Pooling=false;Search Path=codesigning");
        await connection.OpenAsync();
        // So few rows are read from end to end wherever the planner has its way.
        await using NpgsqlCommand analyze = new("ANALYZE", connection);
        await analyze.ExecuteNonQueryAsync();
        await using var call = await CommitCall.PrepareAsync(connection, CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync();
        var element = Elements.Use("gnt_1", 100).RestingOn(new StateVersion("grant", "gnt_1", 1));
        var pending = PendingElement.Prepare(element);
        List<PendingElement> batch = [pending];
        Dictionary<string, UseCount> counts = new() { ["gnt_1"] = new(1, 0) };
        UseAssignment uses = new(counts);
        uses.Assign(batch, []);
        var proposal = new ProposalBuilder("str_scans", Node.Get<IStateSealer>(), Node.Get<ISecretSealer>(), Node.Get<ILedgerKey>())
            .Build(batch, counts, uses.After, StreamHead.Empty, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

        await using (var report = await call.ExecuteAsync(proposal, toleranceMs: long.MaxValue, CancellationToken.None))
        {
            Assert.True(await report.ReadAsync());
            Assert.Equal(CommitStatus.Committed, (CommitStatus)report.GetInt32(0));
        }

        await using NpgsqlCommand scans = new("SELECT sum(seq_scan)::bigint FROM pg_stat_xact_user_tables", connection);
        Assert.Equal(0L, await scans.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Connection_whose_preparation_fails_returns_to_the_pool()
    {
        await Database.ExecuteAsync(
            """
            ALTER FUNCTION commit_batch RENAME TO commit_batch_away;
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = 'codesigning writer' AND datname = current_database();
            """);
        for (var i = 0; i < 10; i++)
        {
            await Assert.ThrowsAsync<ElementFailedException>(() => CommitAsync(Elements.Sign()));
        }

        await Database.ExecuteAsync("ALTER FUNCTION commit_batch_away RENAME TO commit_batch");
        await CommitSurelyAsync(Elements.Sign());
    }

    [Fact]
    public async Task Emergency_stop_waits_for_another_nodes_pending_batch()
    {
        await CommitSurelyAsync(Elements.Sign());
        await using NpgsqlConnection committing = new(Database.PostgreSql.Owner + ";Pooling=false");
        await committing.OpenAsync();
        await using var transaction = await committing.BeginTransactionAsync();
        await using NpgsqlCommand hold = new("SELECT 1 FROM codesigning.ledger_streams FOR UPDATE", committing, transaction);
        await hold.ExecuteNonQueryAsync();
        var fence = Node.Get<ICommitFence>().WaitForPendingCommitsAsync(CancellationToken.None);
        await Assert.ThrowsAsync<TimeoutException>(() => fence.WaitAsync(TimeSpan.FromMilliseconds(300)));
        await transaction.CommitAsync();
        await fence;
    }

    [Fact]
    public async Task Database_crash_under_load_loses_no_answered_commit()
    {
        await using var server = await PostgreSqlServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        using var described = TestDatabase.Over(database);
        await using var node = await TestNode.StartAsync(described, Time);
        await node.Ledger.CommitAsync(Elements.Begin("gnt_1"), CancellationToken.None);
        List<string> answered = [];
        for (var round = 0; round < 3; round++)
        {
            using CancellationTokenSource stop = new();
            var load = Enumerable.Range(0, 8).Select(_ => Task.Run(() => SignUntilAsync(stop.Token))).ToArray();
            await Eventually.HoldsAsync(() => Count() > (round + 1) * 100);
            await server.KillAsync();
            await server.ResumeAsync();
            await Eventually.HoldsAsync(() => node.Writer.IsWritable);
            await stop.CancelAsync();
            await Task.WhenAll(load);
        }

        foreach (var operation in answered)
        {
            Assert.NotNull(await node.Entries.FindAsync(operation, CancellationToken.None));
        }

        Assert.Empty((await node.VerifyOnlineAsync()).Problems);

        int Count()
        {
            lock (answered)
            {
                return answered.Count;
            }
        }

        async Task SignUntilAsync(CancellationToken stopped)
        {
            while (!stopped.IsCancellationRequested)
            {
                var element = Elements.Use("gnt_1", null);
                try
                {
                    await node.Ledger.CommitAsync(element, CancellationToken.None);
                    lock (answered)
                    {
                        answered.Add(element.Entry!.OperationId);
                    }
                }
                catch (LedgerUnavailableException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
                }
            }
        }
    }

    [Fact]
    public async Task Concurrent_first_starts_create_one_schema_and_key_set()
    {
        using var empty = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql);
        var nodes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => TestNode.StartAsync(empty, Time))));
        Assert.Single(nodes.Select(node => Convert.ToHexString(node.Get<ILedgerKey>().PublicKey.Span)).Distinct());
        foreach (var node in nodes)
        {
            await node.Ledger.CommitAsync(Elements.Sign(), CancellationToken.None);
        }

        Assert.Empty((await nodes[0].VerifyOnlineAsync()).Problems);
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }
}
