using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Archiving;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Tests.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Verification;

/// <summary>The beginning of the ledger moved to a file, and what shows of it in the store.</summary>
public abstract class ArchiveContract(DatabaseKind kind) : StoreSuite(kind)
{
    private DateTimeOffset _cut;

    private TemporaryDirectory Files { get; } = new();

    /// <summary>Ten entries, of which the first is administrative and the eighth a grant's third use; two days; and three more.</summary>
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1", "{\"a\":1}", new StateIndex(Name: "release")));
        await SignAsync();
        await SignAsync();
        await SignAsync();
        await Node.CheckpointAsync();
        await AdvanceAsync(TimeSpan.FromDays(1));
        _cut = Time.GetUtcNow();
        await AdvanceAsync(TimeSpan.FromDays(1));
        await SignAsync();
        await Node.CheckpointAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Files.Dispose();
    }

    [Fact]
    public async Task Ledger_is_intact_in_the_archive_and_in_the_store()
    {
        var whole = await Node.VerifyOnlineAsync(full: true);

        var archived = await ArchiveAsync("first");

        Assert.Equal(10, archived!.Entries);
        var file = await Node.VerifyAsync(await File.ReadAllBytesAsync(PathOf("first")));
        AssertIntact(file.Problems);
        Assert.Equal(10, file.Entries);
        AssertIntact((await Node.VerifyOnlineAsync()).Problems);
        var full = await Node.VerifyOnlineAsync(full: true);
        AssertIntact(full.Problems);
        Assert.Equal(whole.Entries - 10 + 2, full.Entries); // The archive and its removal are entries themselves.
        AssertIntact((await Node.VerifyAsync(await Node.ExportAsync())).Problems);
    }

    [Fact]
    public async Task Store_keeps_changes_last_uses_and_ends_alone()
    {
        var before = await CountAsync();
        await ArchiveAsync("first");
        Assert.Equal(before - 10 + 3 + 2, await CountAsync());
        Assert.DoesNotContain(await Node.Get<ICheckpoints>().ListAsync(null, 100, default), one => one.Number < 2);
    }

    [Fact]
    public async Task Grant_goes_on_counting_where_its_archived_uses_ended()
    {
        await ArchiveAsync("first");
        await using var next = await TestNode.StartAsync(Database, Time);
        Assert.Equal(4, (await next.Get<IUseCountReader>().ReadGrantAsync("gnt_1", default)).Count);
        Assert.NotNull(await next.Ledger.CommitAsync(Elements.Use("gnt_1", 5), default));
        Assert.Equal(5, await next.Entries.CountUsesAsync("gnt_1", default));
        AssertIntact((await next.VerifyOnlineAsync()).Problems);
    }

    [Fact]
    public async Task Second_archive_continues_the_first()
    {
        await ArchiveAsync("first");
        await AdvanceAsync(TimeSpan.FromDays(2));
        _cut = Time.GetUtcNow() - TimeSpan.FromDays(1);
        await CommitSurelyAsync(Elements.Use("gnt_1", null));

        Assert.Equal(5, (await ArchiveAsync("second"))!.Entries);

        AssertIntact((await Node.VerifyAsync(await File.ReadAllBytesAsync(PathOf("second")))).Problems);
        AssertIntact((await Node.VerifyOnlineAsync(full: true)).Problems);
        Assert.Equal(5, await Node.Entries.CountUsesAsync("gnt_1", default));
    }

    [Fact]
    public async Task Closed_stream_is_archived_whole()
    {
        await Node.StopAsync();
        await using var next = await TestNode.StartAsync(Database, Time);
        await next.Ledger.CommitAsync(Elements.Sign(), default);
        await next.CheckpointAsync();
        await AdvanceAsync(TimeSpan.FromDays(2));
        await next.Get<LedgerArchiver>().ArchiveAsync(PathOf("first"), Time.GetUtcNow() - TimeSpan.FromDays(1), default);
        AssertIntact((await next.VerifyOnlineAsync(full: true)).Problems);
        await next.Ledger.CommitAsync(Elements.Sign(), default);
        await next.CheckpointAsync();
        AssertIntact((await next.VerifyOnlineAsync()).Problems);
    }

    [Theory]
    [InlineData("DELETE FROM ledger_entries WHERE kind = 'admin' AND number = 1")]
    [InlineData("UPDATE ledger_entries SET json = replace(json, 'größer', 'kleiner') WHERE number = 1")]
    [InlineData("UPDATE ledger_entries SET actor_id = 'usr_2' WHERE number = 1")]
    [InlineData("INSERT INTO ledger_entries SELECT stream, 2, 'op_forged', at_ms, kind, outcome, signer_id, actor_id, grant_id, NULL, json FROM ledger_entries WHERE number = 1")]
    [InlineData("DELETE FROM ledger_entries WHERE number = 10")]
    [InlineData("DELETE FROM ledger_entries WHERE number = 11")]
    [InlineData("DELETE FROM ledger_checkpoints WHERE number = 2")]
    [InlineData("INSERT INTO ledger_checkpoints (number, json) SELECT 1, json FROM ledger_checkpoints WHERE number = 2")]
    public async Task Changes_around_an_archive_are_found(string tampering)
    {
        await ArchiveAsync("first");
        await TamperAsync(tampering);
        Assert.False((await Node.VerifyOnlineAsync(full: true)).Intact);
    }

    [Fact]
    public async Task Record_of_an_archive_put_back_is_found()
    {
        await ArchiveAsync("first");
        await Database.ExecuteAsync($"CREATE TABLE kept AS SELECT * FROM states WHERE type = '{StateTypes.LedgerArchive}'");
        await AdvanceAsync(TimeSpan.FromDays(2));
        _cut = Time.GetUtcNow() - TimeSpan.FromDays(1);
        await ArchiveAsync("second");
        await Database.ExecuteAsync($"DELETE FROM states WHERE type = '{StateTypes.LedgerArchive}'; INSERT INTO states SELECT * FROM kept");
        Assert.Contains((await Node.VerifyOnlineAsync(full: true)).Problems, p => p.What.Contains("an old row was put back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Interrupted_archive_is_intact_and_finished_later()
    {
        await using (var failing = await TestNode.StartAsync(Database, Time, services => services.AddSingleton<ILedgerPruning, BrokenPruning>()))
        {
            await Assert.ThrowsAsync<IOException>(() => failing.Get<LedgerArchiver>().ArchiveAsync(PathOf("first"), _cut, default));
        }

        AssertIntact((await Node.VerifyOnlineAsync(full: true)).Problems);
        Assert.True(await Node.Get<LedgerArchiver>().FinishAsync(default));
        Assert.False(await Node.Get<LedgerArchiver>().FinishAsync(default));
        Assert.Null(await ArchiveAsync("again"));
        AssertIntact((await Node.VerifyOnlineAsync(full: true)).Problems);
        Assert.Equal(2, (await Node.Entries.ListAsync(new(SignerId: "sgn_1", To: _cut, Limit: 100), default)).Count);
    }

    [Fact]
    public async Task Damaged_ledger_is_not_archived()
    {
        await TamperAsync("UPDATE ledger_entries SET json = replace(json, 'release', 'malware') WHERE number = 3");
        var before = await CountAsync();
        await Assert.ThrowsAsync<InvalidDataException>(() => ArchiveAsync("first"));
        Assert.Equal(before, await CountAsync());
        Assert.False(File.Exists(PathOf("first")));
    }

    [Fact]
    public async Task Last_day_stays_in_the_store()
    {
        _cut = Time.GetUtcNow() - TimeSpan.FromHours(23);
        Assert.Equal(ErrorCode.InvalidRequest, (await Assert.ThrowsAsync<RefusedException>(() => ArchiveAsync("first"))).Code);
    }

    [Fact]
    public async Task File_that_is_there_is_not_overwritten()
    {
        await File.WriteAllTextAsync(PathOf("first"), "precious");
        await Assert.ThrowsAsync<IOException>(() => ArchiveAsync("first"));
        Assert.Equal("precious", await File.ReadAllTextAsync(PathOf("first")));
    }

    [Fact]
    public async Task Export_of_an_archived_time_says_where_it_is()
    {
        await ArchiveAsync("first");
        var refused = await Assert.ThrowsAsync<RefusedException>(() => Node.ExportAsync(to: _cut));
        Assert.Contains("moved to archives", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_that_was_away_accepts_archived_mark()
    {
        await Node.StopAsync();
        var mark = await File.ReadAllTextAsync(Database.Options.HighWaterPath);
        await using (var next = await TestNode.StartAsync(Database, Time))
        {
            await next.Ledger.CommitAsync(Elements.Sign(), default);
            await next.CheckpointAsync();
            await AdvanceAsync(TimeSpan.FromDays(2));
            await next.Ledger.CommitAsync(Elements.Sign(), default);
            await next.CheckpointAsync();
            await next.Get<LedgerArchiver>().ArchiveAsync(PathOf("first"), Time.GetUtcNow() - TimeSpan.FromDays(1), default);
        }

        await File.WriteAllTextAsync(Database.Options.HighWaterPath, mark);
        await using var back = await TestNode.StartAsync(Database, Time);
        AssertIntact((await back.VerifyOnlineAsync()).Problems);
    }

    private Task<ArchivedPart?> ArchiveAsync(string name) => Node.Get<LedgerArchiver>().ArchiveAsync(PathOf(name), _cut, default);

    private string PathOf(string name) => Path.Combine(Files.Path, name);

    private async Task SignAsync()
    {
        await CommitSurelyAsync(Elements.Use("gnt_1", null));
        await CommitSurelyAsync(Elements.Sign());
        await CommitSurelyAsync(Elements.Sign());
    }

    private async Task<int> CountAsync() => (await Node.Entries.ListAsync(new(Limit: 1000), default)).Count;

    private async Task TamperAsync(string sql)
    {
        if (Database.Kind is DatabaseKind.Sqlite)
        {
            await Database.ExecuteAsync(
                string.Join(';', new[] { "entries_keep", "entries_stay", "checkpoints_keep", "checkpoints_stay" }.Select(name => $"DROP TRIGGER ledger_{name}")));
        }

        await Database.ExecuteAsync(sql);
    }

    private static void AssertIntact(IReadOnlyList<CodeSigning.Silo.Ledger.Verification.LedgerProblem> problems) => Assert.Empty(problems.Select(p => p.What));

    private sealed class BrokenPruning : ILedgerPruning
    {
        public Task RequireRightAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task RemoveEntriesAsync(string stream, long last, IReadOnlyList<long> kept, CancellationToken cancellationToken) =>
            throw new IOException("The power failed.");

        public Task RemoveCheckpointsAsync(long before, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task ReclaimAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

public sealed class SqliteArchives() : ArchiveContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlArchives() : ArchiveContract(DatabaseKind.PostgreSql)
{
    [Fact]
    public async Task Node_without_the_owners_password_cannot_archive()
    {
        var node = Options.Create(new StorageOptions { Database = Database.Options.Database });
        var refused = await Assert.ThrowsAsync<RefusedException>(() => new PostgreSqlLedgerPruning(node).RequireRightAsync(default));
        Assert.Contains("CODESIGNING_DB_MIGRATE", refused.Message, StringComparison.Ordinal);
    }
}
