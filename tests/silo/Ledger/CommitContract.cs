using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger;

/// <summary>Every outcome of a commit, on both databases.</summary>
public abstract class CommitContract(DatabaseKind kind) : StoreSuite(kind)
{
    [Fact]
    public async Task Entry_gets_the_streams_next_number_and_the_databases_time()
    {
        var first = await CommitSurelyAsync(Elements.Sign());
        var second = await CommitSurelyAsync(Elements.Sign());
        Assert.Equal((1, 2), (first.Number, second.Number));
        Assert.Equal(first.Stream, second.Stream);
        Assert.StartsWith("str_", first.Stream, StringComparison.Ordinal);
        Assert.Equal(Time.GetUtcNow(), first.At);
        Assert.Null(first.Use);
    }

    [Fact]
    public async Task Entry_is_read_as_committed()
    {
        var element = Elements.Sign();
        var committed = await CommitSurelyAsync(element);
        var entry = await Node.Entries.FindAsync(element.Entry!.OperationId, CancellationToken.None);
        Assert.NotNull(entry);
        Assert.Equal((committed.Stream, committed.Number), (entry.Stream, entry.Number));
        Assert.Equal("sgn_1", entry.SignerId);
        Assert.Equal("idn_1", entry.ActorId);
        Assert.Contains($"\"operationId\":\"{element.Entry.OperationId}\"", entry.Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_is_created_at_version_1_and_increments_per_write()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1", "{\"a\":1}"));
        await CommitSurelyAsync(Elements.Save("signer", "sgn_1", 1, "{\"a\":2}"));
        var stored = await Node.States.ReadAsync("signer", "sgn_1", CancellationToken.None);
        Assert.Equal(2, stored!.Version);
        Assert.Equal("{\"a\":2}"u8.ToArray(), stored.Content.ToArray());
    }

    [Fact]
    public async Task Write_over_another_version_is_stale_and_names_actual_version()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        await CommitSurelyAsync(Elements.Save("signer", "sgn_1", 1));
        var outcome = await CommitAsync(Elements.Save("signer", "sgn_1", 1));
        Assert.Equal(new StateVersion("signer", "sgn_1", 2), Assert.Single(Assert.IsType<CommitOutcome.Stale>(outcome).Actual));
    }

    [Fact]
    public async Task State_cannot_be_created_twice()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        var outcome = await CommitAsync(Elements.Create("signer", "sgn_1"));
        Assert.Equal(new StateVersion("signer", "sgn_1", 1), Assert.Single(Assert.IsType<CommitOutcome.Stale>(outcome).Actual));
    }

    [Fact]
    public async Task Deleted_state_loses_its_name_and_its_links()
    {
        StateIndex index = new(Name: "release", Links: ["user:usr_1"]);
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1", "{}", index));
        await CommitSurelyAsync(Elements.Save("signer", "sgn_1", 1, content: null));
        Assert.Null(await Node.States.ReadAsync("signer", "sgn_1", CancellationToken.None));
        await CommitSurelyAsync(Elements.Create("signer", "sgn_2", "{}", new StateIndex(Name: "release")));
        var linked = await Node.States.ListAsync(new StateQuery("signer", AnyLink: ["user:usr_1"]), CancellationToken.None);
        Assert.Empty(linked);
    }

    [Fact]
    public async Task Decision_with_an_outdated_read_set_is_stale()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        var resting = Elements.Sign().RestingOn(new StateVersion("signer", "sgn_1", 1), new StateVersion("user", "usr_1", 4));
        var outcome = await CommitAsync(resting);
        Assert.Equal(new StateVersion("user", "usr_1", 0), Assert.Single(Assert.IsType<CommitOutcome.Stale>(outcome).Actual));
        Assert.Null(await Node.Entries.FindAsync(resting.Entry!.OperationId, CancellationToken.None));
    }

    [Fact]
    public async Task Read_set_may_name_a_missing_state()
    {
        await CommitSurelyAsync(Elements.Sign().RestingOn(new StateVersion("group", "grp_1", 0)));
        await CommitSurelyAsync(Elements.Create("group", "grp_1"));
        var outcome = await CommitAsync(Elements.Sign().RestingOn(new StateVersion("group", "grp_1", 0)));
        Assert.Equal(new StateVersion("group", "grp_1", 1), Assert.Single(Assert.IsType<CommitOutcome.Stale>(outcome).Actual));
    }

    [Fact]
    public async Task Decision_commits_before_its_deadline_and_not_at_it()
    {
        var end = Time.GetUtcNow() + TimeSpan.FromMinutes(1);
        await AdvanceAsync(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));
        await CommitSurelyAsync(Elements.Sign() with { Until = end });
        await AdvanceAsync(TimeSpan.FromMilliseconds(1));
        var outcome = await CommitAsync(Elements.Sign() with { Until = end });
        Assert.Equal(end, Assert.IsType<CommitOutcome.TooLate>(outcome).Now);
    }

    [Fact]
    public async Task Clock_set_back_continues_the_ledger_in_another_stream()
    {
        var before = await CommitSurelyAsync(Elements.Use("gnt_1", 2));
        await AdvanceAsync(-TimeSpan.FromMinutes(1));
        var after = await CommitSurelyAsync(Elements.Use("gnt_1", 2));
        Assert.NotEqual(before.Stream, after.Stream);
        Assert.Equal((1, 2L, Time.GetUtcNow()), (after.Number, after.Use, after.At));
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);
    }

    [Fact]
    public async Task Clock_set_back_within_tolerance_keeps_the_stream()
    {
        var before = await CommitSurelyAsync(Elements.Sign());
        await AdvanceAsync(-TimeSpan.FromSeconds(2));
        var after = await CommitSurelyAsync(Elements.Sign());
        Assert.Equal((before.Stream, before.At), (after.Stream, after.At));
    }

    [Fact]
    public async Task Grant_uses_are_numbered_from_1_to_the_limit()
    {
        List<long?> uses = [];
        for (var i = 0; i < 3; i++)
        {
            uses.Add((await CommitSurelyAsync(Elements.Use("gnt_1", 3))).Use);
        }

        Assert.Equal([1, 2, 3], uses);
        Assert.Equal(3, Assert.IsType<CommitOutcome.Exhausted>(await CommitAsync(Elements.Use("gnt_1", 3))).Used);
        Assert.Equal(3, await Node.Entries.CountUsesAsync("gnt_1", CancellationToken.None));
        var counts = await Node.Entries.CountUsesAsync(["gnt_1", "gnt_unused"], CancellationToken.None);
        Assert.Equal([("gnt_1", 3L), ("gnt_unused", 0L)], counts.Select(count => (count.Key, count.Value)).Order());
    }

    [Fact]
    public async Task Grant_without_a_limit_is_still_counted()
    {
        await CommitSurelyAsync(Elements.Use("gnt_1", null));
        Assert.Equal(2, (await CommitSurelyAsync(Elements.Use("gnt_1", null))).Use);
    }

    [Fact]
    public async Task Denied_attempt_under_a_grant_uses_nothing()
    {
        var denied = Elements.Signature(grantId: "gnt_1") with { Outcome = EntryOutcome.Denied, Code = "ScopeMismatch", Signature = null };
        await CommitSurelyAsync(new LedgerElement { Entry = denied });
        Assert.Equal(1, (await CommitSurelyAsync(Elements.Use("gnt_1", 1))).Use);
    }

    [Fact]
    public async Task Concurrent_clients_of_grant_of_100_sign_exactly_100_times()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(SignTenTimesAsync)));
        var uses = outcomes.SelectMany(o => o).OfType<CommitOutcome.Committed>().Select(c => c.Use!.Value).Order();
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), uses);
        Assert.All(
            outcomes.SelectMany(o => o).Where(o => o is not CommitOutcome.Committed),
            o => Assert.Equal(100, Assert.IsType<CommitOutcome.Exhausted>(o).Used));

        async Task<List<CommitOutcome>> SignTenTimesAsync()
        {
            List<CommitOutcome> mine = [];
            for (var i = 0; i < 10; i++)
            {
                mine.Add(await CommitAsync(Elements.Use("gnt_1", 100)));
            }

            return mine;
        }
    }

    [Fact]
    public async Task Name_is_unique_among_states_of_a_type()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1", "{}", new StateIndex(Name: "release")));
        await CommitSurelyAsync(Elements.Create("policy", "pol_1", "{}", new StateIndex(Name: "release")));
        var outcome = await CommitAsync(Elements.Create("signer", "sgn_2", "{}", new StateIndex(Name: "release")));
        Assert.Equal(new CommitOutcome.NameTaken("signer", "release"), outcome);
    }

    [Fact]
    public async Task One_of_concurrent_creations_gets_the_name()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() =>
            CommitAsync(Elements.Create("signer", $"sgn_{i}", "{}", new StateIndex(Name: "release"))))));
        Assert.Single(outcomes.OfType<CommitOutcome.Committed>());
        Assert.Equal(19, outcomes.OfType<CommitOutcome.NameTaken>().Count());
    }

    [Fact]
    public async Task Name_can_move_between_states_in_one_element()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1", "{}", new StateIndex(Name: "release")));
        var swap = new LedgerElement
        {
            Entry = Elements.Admin(),
            Writes =
            [
                Elements.Write("signer", "sgn_2", 0, "{}", new StateIndex(Name: "release")),
                Elements.Write("signer", "sgn_1", 1, "{}", new StateIndex(Name: "retired")),
            ],
        };
        await CommitSurelyAsync(swap);
        var bearer = await Node.States.ListAsync(new StateQuery("signer", Name: "release"), CancellationToken.None);
        Assert.Equal("sgn_2", Assert.Single(bearer).Id);
    }

    [Fact]
    public async Task Idempotency_key_is_answered_once()
    {
        await CommitSurelyAsync(Elements.Sign().Answering("k1", "{\"n\":1}"));
        var again = Elements.Sign().Answering("k1");
        Assert.IsType<CommitOutcome.AlreadyAnswered>(await CommitAsync(again));
        Assert.Null(await Node.Entries.FindAsync(again.Entry!.OperationId, CancellationToken.None));
        var kept = await Node.Get<IAnswerStore>().FindAsync("idn_1", "sign sgn_1", "k1", CancellationToken.None);
        Assert.Equal("{\"n\":1}"u8.ToArray(), kept!.Answer.ToArray());
        Assert.Equal(again.Answer!.RequestHash.ToArray(), kept.RequestHash.ToArray());
    }

    [Fact]
    public async Task Request_hash_is_not_stored_in_clear()
    {
        var element = Elements.Sign().Answering("k1");
        await CommitSurelyAsync(element);
        var stored = await Node.Get<IReadConnections>().QueryAsync(
            "SELECT request_hash FROM answers WHERE key = @a", reader => reader.GetFieldValue<byte[]>(0), CancellationToken.None, "k1");
        Assert.NotEqual(element.Answer!.RequestHash.ToArray(), Assert.Single(stored));
    }

    [Fact]
    public async Task Answer_is_kept_for_24_hours_and_then_forgotten()
    {
        await CommitSurelyAsync(Elements.Sign().Answering("k1"));
        await AdvanceAsync(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        Assert.IsType<CommitOutcome.AlreadyAnswered>(await CommitAsync(Elements.Sign().Answering("k1")));
        await AdvanceAsync(TimeSpan.FromMilliseconds(1));
        Assert.Null(await Node.Get<IAnswerStore>().FindAsync("idn_1", "sign sgn_1", "k1", CancellationToken.None));
        await CommitSurelyAsync(Elements.Sign().Answering("k1"));
    }

    [Fact]
    public async Task One_of_concurrent_commits_with_an_idempotency_key_succeeds()
    {
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Task.Run(() => CommitAsync(Elements.Sign().Answering("k1")))));
        Assert.Single(outcomes.OfType<CommitOutcome.Committed>());
        Assert.Equal(19, outcomes.OfType<CommitOutcome.AlreadyAnswered>().Count());
    }

    [Fact]
    public async Task Counter_stops_at_its_limit()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
            CommitAsync(new LedgerElement().Counting("sec_1", 5)))));
        Assert.Equal(5, outcomes.OfType<CommitOutcome.Committed>().Count());
        Assert.All(outcomes.Where(o => o is not CommitOutcome.Committed), o => Assert.Equal(new CommitOutcome.LimitReached("sec_1"), o));
    }

    [Fact]
    public async Task Counter_without_a_limit_never_stops()
    {
        for (var i = 0; i < 3; i++)
        {
            await CommitSurelyAsync(new LedgerElement().Counting("sec_1", null));
        }

        Assert.IsType<CommitOutcome.LimitReached>(await CommitAsync(new LedgerElement().Counting("sec_1", 3)));
    }

    [Fact]
    public async Task Duplicate_operation_id_fails_its_commit_alone()
    {
        var element = Elements.Sign();
        await CommitSurelyAsync(element);
        await Assert.ThrowsAsync<InvalidOperationException>(() => CommitAsync(element));
        await CommitSurelyAsync(Elements.Sign());
    }

    [Fact]
    public async Task Refused_element_does_not_fail_its_batch()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        var tasks = Enumerable.Range(0, 40).Select(i => CommitAsync(i % 2 == 0
            ? Elements.Sign()
            : Elements.Sign().RestingOn(new StateVersion("signer", "sgn_1", 9)))).ToArray();
        var outcomes = await Task.WhenAll(tasks);
        var numbers = outcomes.OfType<CommitOutcome.Committed>().Select(c => c.Number).Order();
        Assert.Equal(Enumerable.Range(2, 20).Select(i => (long)i), numbers);
        Assert.Equal(20, outcomes.OfType<CommitOutcome.Stale>().Count());
    }

    [Fact]
    public async Task Acts_of_one_commit_have_consecutive_entries()
    {
        var signer = Elements.Create("signer", "sgn_1");
        var certificate = Elements.Create("certificate", "crt_1");
        var committed = await CommitSurelyAsync(signer with { With = [certificate] });
        var told = await Node.Entries.FindAsync(certificate.Entry!.OperationId, CancellationToken.None);
        Assert.Equal((committed.Stream, committed.Number + 1), (told!.Stream, told.Number));
        Assert.Equal(1, (await Node.States.ReadAsync("signer", "sgn_1", CancellationToken.None))!.Version);
        Assert.Equal(1, (await Node.States.ReadAsync("certificate", "crt_1", CancellationToken.None))!.Version);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_stale_act_refuses_every_act_of_its_commit(bool isFirstStale)
    {
        LedgerElement stale = Elements.Save("signer", "sgn_1", 7), good = Elements.Create("certificate", "crt_1");
        var (first, second) = isFirstStale ? (stale, good) : (good, stale);
        var outcome = await CommitAsync(first with { With = [second] });
        Assert.Equal(new StateVersion("signer", "sgn_1", 0), Assert.Single(Assert.IsType<CommitOutcome.Stale>(outcome).Actual));
        Assert.Null(await Node.States.ReadAsync("certificate", "crt_1", CancellationToken.None));
        Assert.Null(await Node.Entries.FindAsync(good.Entry!.OperationId, CancellationToken.None));
    }

    [Fact]
    public async Task Commit_expires_with_its_first_expiring_act()
    {
        var end = Time.GetUtcNow();
        var ended = Elements.Sign() with { Until = end };
        var outcome = await CommitAsync(Elements.Sign() with { Until = end.AddHours(1), With = [ended] });
        Assert.Equal(end, Assert.IsType<CommitOutcome.TooLate>(outcome).Now);
    }

    [Fact]
    public async Task Read_set_is_checked_after_earlier_elements_writes()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1"));
        var change = CommitAsync(Elements.Save("signer", "sgn_1", 1));
        var sign = CommitAsync(Elements.Sign().RestingOn(new StateVersion("signer", "sgn_1", 1)));
        Assert.IsType<CommitOutcome.Committed>(await change);
        Assert.IsType<CommitOutcome.Stale>(await sign);
    }

    [Fact]
    public async Task Element_without_an_entry_has_no_number()
    {
        var committed = await CommitSurelyAsync(new LedgerElement { Writes = [Elements.Write("session", "ses_1", 0)] });
        Assert.Equal(0, committed.Number);
        Assert.Equal(1, (await CommitSurelyAsync(Elements.Sign())).Number);
    }

    [Fact]
    public async Task Text_that_is_not_Unicode_or_contains_NUL_is_refused()
    {
        foreach (var text in new[] { "a\0b", "\ud800", "x\udc00y", "\udc00\ud800" })
        {
            var element = Elements.Sign();
            element = element with { Entry = element.Entry! with { SignerName = text } };
            await Assert.ThrowsAsync<ArgumentException>(() => CommitAsync(element));
        }
    }

    [Fact]
    public async Task Content_that_is_not_UTF8_is_refused()
    {
        var write = Elements.Write("signer", "sgn_1", 0) with { Content = new byte[] { (byte)'"', 0xff, (byte)'"' } };
        await Assert.ThrowsAsync<ArgumentException>(() => CommitAsync(new LedgerElement { Writes = [write] }));
    }

    [Fact]
    public async Task Observers_see_written_states_before_the_caller_continues()
    {
        RecordingObserver observer = new();
        await using var node = await TestNode.StartAsync(
            Database, Time, services => services.AddSingleton<Silo.Ledger.Writing.ICommitObserver>(observer));
        await node.Ledger.CommitAsync(Elements.Create("signer", "sgn_1"), CancellationToken.None);
        Assert.Contains(new StateVersion("signer", "sgn_1", 1), observer.Written);
    }

    [Fact]
    public async Task Restarted_process_writes_a_new_stream()
    {
        var before = await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await Node.StopAsync();
        await using var next = await TestNode.StartAsync(Database, Time);
        var after = Assert.IsType<CommitOutcome.Committed>(
            await next.Ledger.CommitAsync(Elements.Use("gnt_1", 5), CancellationToken.None));
        Assert.NotEqual(before.Stream, after.Stream);
        Assert.Equal((1, 2), (after.Number, after.Use));
    }

    [Fact]
    public async Task Commit_after_shutdown_began_is_refused()
    {
        await Node.StopAsync();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
    }

    private sealed class RecordingObserver : Silo.Ledger.Writing.ICommitObserver
    {
        public List<StateVersion> Written { get; } = [];

        public void OnCommitted(IReadOnlyList<StateVersion> written) => Written.AddRange(written);
    }
}

public sealed class SqliteCommits() : CommitContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlCommits() : CommitContract(DatabaseKind.PostgreSql);
