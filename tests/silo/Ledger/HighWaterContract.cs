using CodeSigning.Grains.Ledger;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger;

/// <summary>What a node remembers of the ledger outside the store, and what it makes of a store that went back.</summary>
public abstract class HighWaterContract(DatabaseKind kind) : StoreSuite(kind)
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string Mark => Database.Options.HighWaterPath;

    [Fact]
    public async Task High_water_mark_follows_checkpoints_and_is_private_to_owner()
    {
        await SignAsync(Node);
        var first = await File.ReadAllTextAsync(Mark);
        await SignAsync(Node);
        Assert.StartsWith("{\"checkpoint\":1,", first, StringComparison.Ordinal);
        Assert.StartsWith("{\"checkpoint\":2,", await File.ReadAllTextAsync(Mark), StringComparison.Ordinal);
        Assert.Equal(OwnersFile, File.GetUnixFileMode(Mark));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Mark)!, "*.arriving"));
    }

    [Fact]
    public async Task Store_that_was_not_rolled_back_is_opened()
    {
        await SignAsync(Node);
        await Node.DisposeAsync();
        await using var next = await TestNode.StartAsync(Database, Time);
        await SignAsync(next);
        Assert.Empty(await ToldAsync(next));
    }

    [Fact]
    public async Task Old_copy_is_refused_unwritten_until_it_is_accepted()
    {
        await SignAsync(Node);
        await Node.DisposeAsync();
        using var copy = await CopyAsync();
        await using (var later = await TestNode.StartAsync(Database, Time))
        {
            await SignAsync(later);
        }

        var refusal = await Assert.ThrowsAsync<HighWaterException>(() => TestNode.StartAsync(copy, Time));
        Assert.Contains("The store is older than what this node has seen", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("silo accept-older-store", refusal.Message, StringComparison.Ordinal);

        await using (var accepting = await TestNode.StartAsync(copy, Time, Accept))
        {
            Assert.NotNull(accepting.Get<HighWaterWatch>().GivenUp);
            var entry = Assert.Single(await ToldAsync(accepting));
            Assert.Equal(1, entry.Number);
            Assert.Contains("\"action\":\"high-water.accept\"", entry.Json, StringComparison.Ordinal);
            Assert.Contains("\"from\":{\"checkpoint\":4", entry.Json, StringComparison.Ordinal);
            Assert.Contains("\"to\":{\"checkpoint\":2", entry.Json, StringComparison.Ordinal);
        }

        await using var next = await TestNode.StartAsync(copy, Time);
        await SignAsync(next);
        Assert.Empty((await next.VerifyOnlineAsync()).Problems);
    }

    [Fact]
    public async Task Store_with_another_history_is_refused()
    {
        await SignAsync(Node);
        await Node.DisposeAsync();
        await TamperAsync("UPDATE ledger_checkpoints SET json = replace(json, '2030', '2031')");
        var refusal = await Assert.ThrowsAsync<HighWaterException>(() => TestNode.StartAsync(Database, Time));
        Assert.Contains("another history", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_store_in_place_of_an_earlier_one_is_refused()
    {
        await SignAsync(Node);
        await Node.DisposeAsync();
        using var empty = await TestDatabase.CreateAsync(Database.Kind);
        empty.Options.HighWater = Mark;
        var refusal = await Assert.ThrowsAsync<HighWaterException>(() => TestNode.StartAsync(empty, Time));
        Assert.Contains("it has no checkpoint", refusal.Message, StringComparison.Ordinal);

        await using (await TestNode.StartAsync(empty, Time, Accept))
        {
            Assert.False(File.Exists(Mark));
        }

        await using var next = await TestNode.StartAsync(empty, Time);
        Assert.Single(await ToldAsync(next));
    }

    [Fact]
    public async Task Lost_mark_is_recorded_once_in_the_ledger()
    {
        Assert.Empty(await ToldAsync(Node));
        await SignAsync(Node);
        await Node.DisposeAsync();
        File.Delete(Mark);
        await using (var next = await TestNode.StartAsync(Database, Time))
        {
            Assert.Contains("\"action\":\"high-water.begin\"", Assert.Single(await ToldAsync(next)).Json, StringComparison.Ordinal);
        }

        await using var third = await TestNode.StartAsync(Database, Time);
        Assert.Single(await ToldAsync(third));
    }

    [Fact]
    public async Task Unreadable_mark_is_refused()
    {
        await SignAsync(Node);
        await Node.DisposeAsync();
        await File.WriteAllTextAsync(Mark, "{}");
        var refusal = await Assert.ThrowsAsync<HighWaterException>(() => TestNode.StartAsync(Database, Time));
        Assert.Contains("is not a high-water mark", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM ledger_checkpoints WHERE number = 2")]
    [InlineData("UPDATE ledger_checkpoints SET number = 3 WHERE number = 2")]
    public async Task Store_rolled_back_under_a_running_node_stops_it(string goingBack)
    {
        await SignAsync(Node);
        await SignAsync(Node);
        var health = Node.Get<ILedgerHealth>();
        Assert.True(health.IsWritable);
        await TamperAsync(goingBack);
        await CommitSurelyAsync(Elements.Sign());
        Assert.False(await Node.Get<CheckpointWriter>().WriteAsync(CancellationToken.None));
        Assert.False(health.IsWritable);
        await health.Broken.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("accept-older-store", health.Reason, StringComparison.Ordinal);
        Assert.StartsWith("{\"checkpoint\":2,", await File.ReadAllTextAsync(Mark), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_history_under_a_running_node_stops_it()
    {
        await SignAsync(Node);
        await Node.DisposeAsync();
        using var copy = await CopyAsync();
        copy.Options.HighWater = null;
        await using var running = await TestNode.StartAsync(Database, Time);
        await SignAsync(running);
        string other;
        await using (var elsewhere = await TestNode.StartAsync(copy, Time))
        {
            await SignAsync(elsewhere);
            other = await elsewhere.CheckpointAsync();
        }

        await TamperAsync($"UPDATE ledger_checkpoints SET json = '{other}' WHERE number = (SELECT max(number) FROM ledger_checkpoints)");
        Assert.False(await running.Get<CheckpointWriter>().WriteAsync(CancellationToken.None));
        Assert.Contains("another history", running.Get<ILedgerHealth>().Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INSERT INTO ledger_checkpoints (number, json) SELECT 1000, replace(json, '\"number\":1', '\"number\":1000') FROM ledger_checkpoints")]
    [InlineData("UPDATE ledger_checkpoints SET json = 'x'")]
    public async Task Forged_checkpoint_moves_no_mark_and_stops_no_node(string tampering)
    {
        await SignAsync(Node);
        await TamperAsync(tampering);
        await Assert.ThrowsAsync<InvalidDataException>(() => Node.Get<CheckpointWriter>().WriteAsync(CancellationToken.None));
        Assert.StartsWith("{\"checkpoint\":1,", await File.ReadAllTextAsync(Mark), StringComparison.Ordinal);
        Assert.True(Node.Get<ILedgerHealth>().IsWritable);
    }

    private static void Accept(IServiceCollection services) =>
        services.Configure<HighWaterOptions>(options => options.AcceptsOlderStore = true);

    private static async Task SignAsync(TestNode node)
    {
        Assert.IsType<CommitOutcome.Committed>(await node.Ledger.CommitAsync(Elements.Sign(), CancellationToken.None));
        await node.CheckpointAsync();
    }

    private static async Task<IReadOnlyList<LedgerEntry>> ToldAsync(TestNode node) =>
        await node.Entries.ListAsync(new LedgerQuery(Kind: EntryKind.Admin), CancellationToken.None);

    // As somebody makes it who has the store alone: the node's own file stays what it was.
    private async Task<TestDatabase> CopyAsync()
    {
        var copy = Database.Kind is DatabaseKind.PostgreSql
            ? TestDatabase.Over(await Database.PostgreSql.Server.CopyDatabaseAsync(Database.PostgreSql))
            : await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        if (Database.Kind is DatabaseKind.Sqlite)
        {
            File.Copy(Database.Options.SqliteFile, copy.Options.SqliteFile);
        }

        copy.Options.HighWater = Mark;
        return copy;
    }

    private Task TamperAsync(string sql) => Database.ExecuteAsync(
        (Database.Kind is DatabaseKind.Sqlite
            ? "DROP TRIGGER IF EXISTS ledger_checkpoints_keep; DROP TRIGGER IF EXISTS ledger_checkpoints_stay;"
            : "") + sql);
}

public sealed class SqliteHighWater() : HighWaterContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlHighWater() : HighWaterContract(DatabaseKind.PostgreSql);
