using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Silo.Housekeeping;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Tests.Ledger;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>Observations, purging, reminders, and states that are recorded with their entry, on both databases.</summary>
public abstract class HousekeepingContract(DatabaseKind kind) : StoreSuite(kind)
{
    private const string ThingType = "thing";
    private const string ThingId = "thg_1";

    [Fact]
    public async Task Observations_are_counted_with_their_last_time()
    {
        var observations = Node.Get<Observations>();
        observations.Note("sec_1", "login");
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        observations.Note("sec_1", "login");
        observations.Note("sgn_1", "signature");
        await observations.FlushAsync(CancellationToken.None);
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        observations.Note("sec_1", "login");
        await observations.FlushAsync(CancellationToken.None);
        var found = await observations.ReadAsync(["sec_1", "sec_2"], CancellationToken.None);
        Assert.Equal([new Observation("sec_1", "login", Time.GetUtcNow(), 3)], found);
    }

    [Fact]
    public async Task Purge_removes_only_ended_sessions_and_old_answers()
    {
        var now = Time.GetUtcNow();
        await CommitSurelyAsync(Session("ses_old", now));
        await CommitSurelyAsync(Session("ses_live", now + TimeSpan.FromDays(2)));
        await CommitSurelyAsync(Elements.Create("grant", "gnt_old", "{}", new StateIndex(Until: now)));
        await CommitSurelyAsync(Elements.Sign().Answering("k1"));
        await AdvanceAsync(TimeSpan.FromHours(25));
        await CommitSurelyAsync(Elements.Sign().Answering("k2"));
        await Node.Get<Housekeeper>().PurgeAsync(CancellationToken.None);
        var sessions = await Node.States.ListAsync(new StateQuery("session"), CancellationToken.None);
        Assert.Equal("ses_live", Assert.Single(sessions).Id);
        Assert.NotNull(await Node.States.ReadAsync("grant", "gnt_old", CancellationToken.None));
        var kept = await Node.Get<IReadConnections>().QueryAsync(
            "SELECT key FROM answers", reader => reader.GetString(0), CancellationToken.None);
        Assert.Equal(["k2"], kept);
    }

    [Fact]
    public async Task Tampered_ended_session_stays_and_does_not_stop_the_purge()
    {
        string[] ids = ["ses_1", "ses_2", "ses_3", "ses_4"];
        foreach (var id in ids)
        {
            await CommitSurelyAsync(Session(id, Time.GetUtcNow()));
        }

        await Database.ExecuteAsync("UPDATE states SET content = '{\"a\":1}' WHERE id IN ('ses_2', 'ses_4')");
        await AdvanceAsync(TimeSpan.FromHours(25));
        await Node.Get<Housekeeper>().PurgeAsync(CancellationToken.None);
        var left = await Node.Get<IReadConnections>().QueryAsync(
            "SELECT id FROM states WHERE type = 'session' ORDER BY id", reader => reader.GetString(0), CancellationToken.None);
        Assert.Equal(["ses_2", "ses_4"], left);
    }

    [Fact]
    public async Task Session_prolonged_during_a_purge_stays_without_stopping_it()
    {
        string[] ids = ["ses_1", "ses_2", "ses_3"];
        foreach (var id in ids)
        {
            await CommitSurelyAsync(Session(id, Time.GetUtcNow()));
        }

        await AdvanceAsync(TimeSpan.FromSeconds(1));
        var now = Time.GetUtcNow();
        MeddledLedger meddled = new(Node.Ledger, () => CommitSurelyAsync(Session("ses_2", now, version: 1)));
        ExpiredStates expired = new(Node.States, meddled, NullLogger<ExpiredStates>.Instance);
        Assert.Equal(2, await expired.PurgeAsync(new StateQuery("session", UntilBefore: now), CancellationToken.None));
        var left = await Node.States.ListAsync(new StateQuery("session"), CancellationToken.None);
        Assert.Equal("ses_2", Assert.Single(left).Id);
    }

    [Fact]
    public async Task Answer_is_stored_encrypted()
    {
        await CommitSurelyAsync(Elements.Sign().Answering("k1", "{\"clientSecret\":\"open sesame\"}"));
        var stored = await Node.Get<IReadConnections>().QueryAsync(
            "SELECT answer FROM answers", reader => reader.GetFieldValue<byte[]>(0), CancellationToken.None);
        Assert.True(stored[0].AsSpan().IndexOf("sesame"u8) < 0);
    }

    [Fact]
    public async Task Due_reminder_is_claimed_by_one_of_several_nodes()
    {
        var table = Node.Get<IReminderTable>();
        var grain = GrainId.Create("grant", "gnt_1");
        ReminderEntry entry = new() { GrainId = grain, ReminderName = "expiry", StartAt = Time.GetUtcNow().UtcDateTime, Period = TimeSpan.FromMinutes(1) };
        var etag = await table.UpsertRow(entry);
        var read = await table.ReadRow(grain, "expiry");
        Assert.Equal((etag, entry.StartAt, entry.Period), (read!.ETag, read.StartAt, read.Period));
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => table.UpsertRow(new ReminderEntry
        {
            GrainId = grain,
            ReminderName = "expiry",
            StartAt = entry.StartAt.AddMinutes(i),
            Period = entry.Period,
            ETag = etag,
        }))));
        var winner = Assert.Single(claims.OfType<string>());
        Assert.False(await table.RemoveRow(grain, "expiry", etag!));
        Assert.True(await table.RemoveRow(grain, "expiry", winner));
        Assert.Null(await table.ReadRow(grain, "expiry"));
    }

    [Fact]
    public async Task Reminders_are_found_by_grain_and_by_range_of_hashes()
    {
        var table = Node.Get<IReminderTable>();
        var grains = Enumerable.Range(0, 20).Select(i => GrainId.Create("grant", $"gnt_{i}")).ToArray();
        foreach (var grain in grains)
        {
            await table.UpsertRow(new ReminderEntry { GrainId = grain, ReminderName = "expiry", StartAt = DateTime.UnixEpoch, Period = TimeSpan.FromMinutes(1) });
        }

        Assert.Equal(20, (await table.ReadRows(0, 0)).Reminders.Count);
        Assert.Single((await table.ReadRows(grains[3])).Reminders);
        var middle = grains.Select(g => g.GetUniformHashCode()).Order().ElementAt(9);
        Assert.Equal(10, (await table.ReadRows(0, middle)).Reminders.Count);
        Assert.Equal(10, (await table.ReadRows(middle, 0)).Reminders.Count);
        await table.TestOnlyClearTable();
        Assert.Empty((await table.ReadRows(0, 0)).Reminders);
    }

    [Fact]
    public async Task State_is_saved_with_its_entry_and_read_back()
    {
        await RecordAsync(StateWrite.New(ThingType, ThingId, new Thing { Name = "a", Count = 1 }));
        var first = await FindAsync();
        await RecordAsync(first!.Replace(first.State with { Count = 2 }));
        var read = await FindAsync();
        Assert.Equal(new Row<Thing>(ThingType, ThingId, 2, new Thing { Name = "a", Count = 2 }), read);
        var entries = await Node.Entries.ListAsync(new LedgerQuery(), CancellationToken.None);
        Assert.Equal(2, entries.Count);
        Assert.All(entries, entry => Assert.Contains($"\"subject\":\"thing/{ThingId}\"", entry.Json, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Save_over_another_version_is_refused_with_its_entry()
    {
        await RecordAsync(StateWrite.New(ThingType, ThingId, new Thing { Name = "a" }));
        var stale = await FindAsync();
        await RecordAsync(stale!.Replace(stale.State with { Name = "b" }));
        await AssertRefusedAsync(CommitRefusal.Stale, RecordAsync(stale.Replace(stale.State with { Name = "c" })));
        await AssertRefusedAsync(
            CommitRefusal.Stale, RecordAsync(StateWrite.New(ThingType, ThingId, new Thing { Name = "d" })));
        Assert.Equal((2, "b"), ((await FindAsync())!.Version, (await FindAsync())!.State.Name));
        Assert.Equal(2, (await Node.Entries.ListAsync(new LedgerQuery(), CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Save_over_a_stale_read_set_is_refused()
    {
        await RecordAsync(StateWrite.New(ThingType, ThingId, new Thing { Name = "a" }));
        var thing = (await FindAsync())!;
        CodeSigning.Contract.StateVersion other = new("user", "usr_1", 3);
        await AssertRefusedAsync(CommitRefusal.Stale, RecordAsync(thing.Replace(thing.State with { Name = "b" }), other));
        Assert.Equal(thing, await FindAsync());
        Assert.Single(await Node.Entries.ListAsync(new LedgerQuery(), CancellationToken.None));
    }

    [Fact]
    public async Task Read_set_may_include_the_replaced_state()
    {
        await RecordAsync(StateWrite.New(ThingType, ThingId, new Thing { Name = "a" }));
        var thing = (await FindAsync())!;
        await RecordAsync(thing.Replace(thing.State with { Name = "b" }), thing.ToVersion());
        Assert.Equal(2, (await FindAsync())!.Version);
    }

    [Fact]
    public async Task Deletion_requires_the_version_that_was_read()
    {
        await RecordAsync(StateWrite.New(ThingType, ThingId, new Thing { Name = "a" }));
        var stale = (await FindAsync())!;
        await RecordAsync(stale.Replace(stale.State with { Count = 1 }));
        await AssertRefusedAsync(CommitRefusal.Stale, RecordAsync(stale.Remove()));
        await RecordAsync((await FindAsync())!.Remove());
        Assert.Null(await FindAsync());
        await RecordAsync(StateWrite.New(ThingType, ThingId, new Thing { Name = "b" }));
        Assert.Equal(1, (await FindAsync())!.Version);
    }

    [Fact]
    public async Task Refusal_names_its_cause()
    {
        await RecordAsync(StateWrite.New(ThingType, ThingId, new Thing { Name = "a" }));
        await AssertRefusedAsync(
            CommitRefusal.NameTaken, RecordAsync(StateWrite.New(ThingType, "thg_2", new Thing { Name = "a" })));
        var late = Describe() with { Until = Time.GetUtcNow() };
        await AssertRefusedAsync(CommitRefusal.TooLate, Node.Ledger.RecordAsync(late, CancellationToken.None));
        var retry = Caller.System with { Retry = new IdempotencyKey("POST /things", "k1", new string('a', 64)) };
        await Node.Ledger.RecordAsync(Describe().Answering(retry, new { }), CancellationToken.None);
        await AssertRefusedAsync(
            CommitRefusal.AlreadyAnswered,
            Node.Ledger.RecordAsync(Describe().Answering(retry, new { }), CancellationToken.None));
    }

    private static LedgerElement Session(string id, DateTimeOffset until, long version = 0) =>
        new() { Writes = [Elements.Write("session", id, version, "{}", new StateIndex(Until: until))] };

    private Task<Row<Thing>?> FindAsync() => Node.States.FindAsync<Thing>(ThingType, ThingId, CancellationToken.None);

    private Task RecordAsync(StateWrite write, params CodeSigning.Contract.StateVersion[] readSet) =>
        Node.Ledger.RecordAsync(Describe().Reading(readSet).Writing(write), CancellationToken.None);

    private LedgerElement Describe() => Change.By(Caller.System, "thing.save", ThingType, ThingId, Changes.None, Time);

    private static async Task AssertRefusedAsync(CommitRefusal reason, Task save) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<CommitRefusedException>(() => save)).Reason);

    internal sealed record Thing : IIndexedState
    {
        public string Name { get; init; } = "";

        public int Count { get; init; }

        public StateIndex ToIndex() => new(Name: Name);
    }
}

public sealed class SqliteHousekeeping() : HousekeepingContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlHousekeeping() : HousekeepingContract(DatabaseKind.PostgreSql);
