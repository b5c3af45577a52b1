using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Storage.Housekeeping;
using CodeSigning.Silo.Tests.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Storage;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>Observations, purging, reminders and the grain-storage provider, on both databases.</summary>
public abstract class HousekeepingContract(DatabaseKind kind) : StoreSuite(kind)
{
    [Fact]
    public async Task Observations_are_counted_and_bear_the_last_time()
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
    public async Task Ended_sessions_and_old_answers_are_purged_and_nothing_else()
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
    public async Task An_ended_session_that_was_changed_by_hand_stays_and_keeps_no_other()
    {
        string[] ids = ["ses_1", "ses_2", "ses_3", "ses_4"];
        foreach (var id in ids)
            await CommitSurelyAsync(Session(id, Time.GetUtcNow()));

        await Database.ExecuteAsync("UPDATE states SET content = '{\"a\":1}' WHERE id IN ('ses_2', 'ses_4')");
        await AdvanceAsync(TimeSpan.FromHours(25));
        await Node.Get<Housekeeper>().PurgeAsync(CancellationToken.None);
        var left = await Node.Get<IReadConnections>().QueryAsync(
            "SELECT id FROM states WHERE type = 'session' ORDER BY id", reader => reader.GetString(0), CancellationToken.None);
        Assert.Equal(["ses_2", "ses_4"], left);
    }

    [Fact]
    public async Task An_ended_session_that_is_prolonged_meanwhile_stays_and_keeps_no_other()
    {
        string[] ids = ["ses_1", "ses_2", "ses_3"];
        foreach (var id in ids)
            await CommitSurelyAsync(Session(id, Time.GetUtcNow()));

        await AdvanceAsync(TimeSpan.FromSeconds(1));
        var now = Time.GetUtcNow();
        MeddledLedger meddled = new(Node.Ledger, () => CommitSurelyAsync(Session("ses_2", now, version: 1)));
        ExpiredStates expired = new(Node.States, meddled, NullLogger<ExpiredStates>.Instance);
        Assert.Equal(2, await expired.PurgeAsync(new StateQuery("session", UntilBefore: now), CancellationToken.None));
        var left = await Node.States.ListAsync(new StateQuery("session"), CancellationToken.None);
        Assert.Equal("ses_2", Assert.Single(left).Id);
    }

    [Fact]
    public async Task An_answer_is_stored_encrypted()
    {
        await CommitSurelyAsync(Elements.Sign().Answering("k1", "{\"clientSecret\":\"open sesame\"}"));
        var stored = await Node.Get<IReadConnections>().QueryAsync(
            "SELECT answer FROM answers", reader => reader.GetFieldValue<byte[]>(0), CancellationToken.None);
        Assert.True(stored[0].AsSpan().IndexOf("sesame"u8) < 0);
    }

    [Fact]
    public async Task A_due_reminder_is_claimed_by_one_of_several_nodes()
    {
        var table = Node.Get<IReminderTable>();
        var grain = GrainId.Create("grant", "gnt_1");
        ReminderEntry entry = new() { GrainId = grain, ReminderName = "expiry", StartAt = Time.GetUtcNow().UtcDateTime, Period = TimeSpan.FromMinutes(1) };
        var etag = await table.UpsertRow(entry);
        var read = await table.ReadRow(grain, "expiry");
        Assert.Equal((etag, entry.StartAt, entry.Period), (read!.ETag, read.StartAt, read.Period));
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => table.UpsertRow(new ReminderEntry
        {
            GrainId = grain, ReminderName = "expiry", StartAt = entry.StartAt.AddMinutes(i), Period = entry.Period, ETag = etag,
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
            await table.UpsertRow(new ReminderEntry { GrainId = grain, ReminderName = "expiry", StartAt = DateTime.UnixEpoch, Period = TimeSpan.FromMinutes(1) });

        Assert.Equal(20, (await table.ReadRows(0, 0)).Reminders.Count);
        Assert.Single((await table.ReadRows(grains[3])).Reminders);
        var middle = grains.Select(g => g.GetUniformHashCode()).Order().ElementAt(9);
        Assert.Equal(10, (await table.ReadRows(0, middle)).Reminders.Count);
        Assert.Equal(10, (await table.ReadRows(middle, 0)).Reminders.Count);
        await table.TestOnlyClearTable();
        Assert.Empty((await table.ReadRows(0, 0)).Reminders);
    }

    [Fact]
    public async Task A_grains_state_is_saved_with_its_entry_and_read_back()
    {
        var grain = GrainId.Create("thing", "thg_1");
        GrainState<Thing> state = new(new Thing { Name = "a", Count = 1 });
        await SaveAsync(state, grain);
        state.State!.Count = 2;
        await SaveAsync(state, grain);
        Assert.Equal("2", state.ETag);

        GrainState<Thing> read = new();
        await Storage.ReadStateAsync("thing", grain, read);
        Assert.Equal(("a", 2, "2", true), (read.State!.Name, read.State.Count, read.ETag, read.RecordExists));
        Assert.Equal(2, (await Node.Entries.ListAsync(new LedgerQuery(), CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_save_without_an_entry_is_refused()
    {
        GrainState<Thing> state = new(new Thing { Name = "a" });
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Storage.WriteStateAsync("thing", GrainId.Create("thing", "thg_1"), state));
    }

    [Fact]
    public async Task A_save_over_another_activations_save_is_inconsistent_and_over_other_ground_is_refused()
    {
        var grain = GrainId.Create("thing", "thg_1");
        GrainState<Thing> mine = new(new Thing { Name = "a" });
        GrainState<Thing> theirs = new(new Thing { Name = "b" });
        await SaveAsync(mine, grain);
        var conflict = await Assert.ThrowsAsync<InconsistentStateException>(() => SaveAsync(theirs, grain));
        Assert.Equal("1", conflict.StoredEtag);
        var refused = await Assert.ThrowsAsync<CommitRefusedException>(
            () => SaveAsync(mine, grain, new CodeSigning.Ledger.StateVersion("user", "usr_1", 3)));
        Assert.Equal(CommitRefusal.Stale, refused.Reason);
        Assert.Equal("1", mine.ETag);
    }

    private static LedgerElement Session(string id, DateTimeOffset until, long version = 0) =>
        new() { Writes = [Elements.Write("session", id, version, "{}", new StateIndex(Until: until))] };

    private IGrainStorage Storage => Node.Get<IServiceProvider>().GetRequiredKeyedService<IGrainStorage>(LedgerGrainStorage.Name);

    private async Task SaveAsync(GrainState<Thing> state, GrainId grain, params CodeSigning.Ledger.StateVersion[] basis)
    {
        PendingChange change = new() { Entry = Elements.Admin("thing.save", grain.ToString()), ReadSet = [.. basis] };
        await new Facet<Thing>(state, Storage, grain).WriteRecordedAsync(state.State!, change, CancellationToken.None);
    }

    internal sealed class Thing
    {
        public string Name { get; set; } = "";

        public int Count { get; set; }
    }

    /// <summary>A grain's facet over the provider, as the host makes it.</summary>
    private sealed class Facet<T>(GrainState<T> state, IGrainStorage storage, GrainId grain) : IPersistentState<T>
    {
        public T State
        {
            get => state.State!;
            set => state.State = value;
        }

        public string? Etag => state.ETag;

        public bool RecordExists => state.RecordExists;

        public Task ClearStateAsync() => storage.ClearStateAsync("thing", grain, state);

        public Task WriteStateAsync() => storage.WriteStateAsync("thing", grain, state);

        public Task ReadStateAsync() => storage.ReadStateAsync("thing", grain, state);
    }
}

public sealed class SqliteHousekeeping() : HousekeepingContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlHousekeeping() : HousekeepingContract(DatabaseKind.PostgreSql);
