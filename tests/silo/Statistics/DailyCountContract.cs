using System.Collections.Immutable;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Ledger.Archiving;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Statistics;
using CodeSigning.Silo.Tests.Ledger;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Statistics;

/// <summary>The attempts by day, counted from the ledger.</summary>
public abstract class DailyCountContract(DatabaseKind kind) : StoreSuite(kind)
{
    private DateOnly Today => DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime);

    [Fact]
    public async Task Attempts_count_by_signer_day_and_outcome()
    {
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await AttemptAsync("sgn_1", EntryOutcome.Denied, count: 3);
        await AdvanceAsync(TimeSpan.FromDays(1));
        await AttemptAsync("sgn_1", EntryOutcome.Failed);
        await AttemptAsync("sgn_2", EntryOutcome.Success);
        await CommitSurelyAsync(new LedgerElement { Entry = Elements.Admin() });
        await CountAsync(Node);

        Assert.Equal([new DayCount(Today.AddDays(-1), 1, 3, 0), new DayCount(Today, 1, 0, 1)], await ReadAsync(null));
        Assert.Equal([new DayCount(Today.AddDays(-1), 1, 3, 0), new DayCount(Today, 0, 0, 1)], await ReadAsync("sgn_1"));
    }

    [Fact]
    public async Task Count_goes_on_from_its_position()
    {
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await CountAsync(Node);
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await CountAsync(Node);
        await CountAsync(Node);

        Assert.Equal(2, (await ReadAsync(null))[^1].Success);
    }

    [Fact]
    public async Task Long_ledger_is_counted_in_batches()
    {
        await AttemptAsync("sgn_1", EntryOutcome.Success, times: 10);
        await CountAsync(Node, entriesAtOnce: 3);

        Assert.Equal(10, (await ReadAsync(null))[^1].Success);
    }

    [Fact]
    public async Task Nothing_new_writes_nothing()
    {
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await CountAsync(Node);
        var before = await VersionAsync();
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        await CountAsync(Node);

        Assert.Equal(before, await VersionAsync());
    }

    [Fact]
    public async Task Counts_say_up_to_when_they_are()
    {
        Assert.Null((await Counts(Node).ReadAsync(null, 14, default)).CountedTo);
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await CountAsync(Node);
        var countedAt = Time.GetUtcNow();
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(Time.GetUtcNow(), (await Counts(Node).ReadAsync(null, 14, default)).CountedTo);

        await AttemptAsync("sgn_1", EntryOutcome.Success);
        var counted = await Counts(Node).ReadAsync(null, 14, default);
        Assert.Equal((countedAt, false), (counted.CountedTo, counted.IsCurrent));
    }

    [Theory]
    [InlineData("lost")]
    [InlineData("changed")]
    [InlineData("no JSON")]
    [InlineData("of an earlier format")]
    public async Task Row_that_cannot_be_used_is_counted_anew(string row)
    {
        await AttemptAsync("sgn_1", EntryOutcome.Success, times: 3);
        await AttemptAsync("sgn_2", EntryOutcome.Denied, count: 5);
        await CountAsync(Node);
        var before = await ReadAsync(null);
        await SpoilAsync(row);
        if (row == "no JSON")
        {
            Assert.Null((await Counts(Node).ReadAsync(null, 14, default)).CountedTo);
        }

        await CountAsync(Node, entriesAtOnce: 2);

        Assert.Equal(before, await ReadAsync(null));
    }

    [Fact]
    public async Task Row_of_a_later_release_is_left_to_it()
    {
        await SaveAsync("""{"format":1000,"signers":{}}""");
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        var before = await VersionAsync();
        await CountAsync(Node);

        Assert.Equal(before, await VersionAsync());
        Assert.Null((await Counts(Node).ReadAsync(null, 14, default)).CountedTo);
    }

    [Fact]
    public async Task Archived_attempts_stay_counted()
    {
        using TemporaryDirectory files = new();
        await AttemptAsync("sgn_1", EntryOutcome.Success, times: 4);
        await CountAsync(Node);
        await ArchiveAsync(files);
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await CountAsync(Node);

        Assert.Equal([4, 1], (await ReadAsync(null)).Select(day => day.Success));
    }

    [Fact]
    public async Task Count_made_anew_says_what_archives_took()
    {
        using TemporaryDirectory files = new();
        await AttemptAsync("sgn_1", EntryOutcome.Success, times: 4);
        await ArchiveAsync(files);
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await CountAsync(Node);

        var counted = await Counts(Node).ReadAsync(null, 14, default);
        Assert.Equal([1L], counted.Days.Select(day => day.Success).Where(count => count > 0));
        Assert.InRange(counted.CountedFrom, Today.AddDays(-2), Today);
    }

    [Fact]
    public async Task Another_node_goes_on_after_a_minute_of_silence()
    {
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await CountAsync(Node);
        await using var other = await TestNode.StartAsync(Database, Time, services =>
        {
            services.Configure<LedgerOptions>(options => options.Node = "other");
            services.AddStatistics();
        });
        await AttemptAsync("sgn_1", EntryOutcome.Success);
        await CountAsync(other);
        Assert.Equal(1, (await ReadAsync(null))[^1].Success);

        await AdvanceAsync(TimeSpan.FromMinutes(2));
        await CountAsync(other);
        Assert.Equal(2, (await ReadAsync(null))[^1].Success);
    }

    [Fact]
    public async Task Two_nodes_at_once_count_each_attempt_once()
    {
        await AttemptAsync("sgn_1", EntryOutcome.Success, times: 20);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CountAsync(Node, entriesAtOnce: 3)));
        await CountAsync(Node);

        Assert.Equal(20, (await ReadAsync(null))[^1].Success);
    }

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, services => services.AddStatistics());

    private async Task AttemptAsync(string signerId, EntryOutcome outcome, int? count = null, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            var entry = Elements.Signature(signerId) with { Outcome = outcome, Count = count };
            await CommitSurelyAsync(new LedgerElement { Entry = outcome == EntryOutcome.Success ? entry : entry with { Signature = null, Code = "ApprovalRequired" } });
        }
    }

    private static DailyCounts Counts(TestNode node) => node.Get<DailyCounts>();

    private static async Task CountAsync(TestNode node, int entriesAtOnce = 5000)
    {
        var counter = ActivatorUtilities.CreateInstance<DailyCounter>(
            node.Get<IServiceProvider>(), new DailyCountOptions { EntriesAtOnce = entriesAtOnce });
        while (await counter.AdvanceAsync(CancellationToken.None))
        {
        }
    }

    // The days with attempts.
    private async Task<IReadOnlyList<DayCount>> ReadAsync(string? signerId)
    {
        var counted = await Counts(Node).ReadAsync(signerId is null ? null : ImmutableHashSet.Create(signerId), 14, default);
        Assert.NotNull(counted.CountedTo);
        return [.. counted.Days.Where(day => day.All() > 0)];
    }

    private async Task<long> VersionAsync() =>
        (await Node.States.ReadAsync(StateTypes.DailyCounts, DailyCounter.RowId, default))?.Version ?? 0;

    private async Task SaveAsync(string? content) => await CommitSurelyAsync(
        new LedgerElement { Writes = [Elements.Write(StateTypes.DailyCounts, DailyCounter.RowId, await VersionAsync(), content)] });

    private async Task SpoilAsync(string row)
    {
        switch (row)
        {
            case "lost":
                await SaveAsync(null);
                break;
            case "changed":
                await Database.ExecuteAsync("UPDATE states SET content = '{\"format\":1}' WHERE type = 'daily-counts'");
                break;
            case "no JSON":
                await SaveAsync("no JSON");
                break;
            default:
                await SaveAsync("{}");
                break;
        }
    }

    private async Task ArchiveAsync(TemporaryDirectory files)
    {
        await Node.CheckpointAsync();
        await AdvanceAsync(TimeSpan.FromDays(1));
        var cut = Time.GetUtcNow();
        await AdvanceAsync(TimeSpan.FromDays(1));
        await CommitSurelyAsync(new LedgerElement { Entry = Elements.Admin() });
        await Node.CheckpointAsync();
        Assert.NotNull(await Node.Get<LedgerArchiver>().ArchiveAsync(files.File("archive.jsonl"), cut, default));
        Assert.True((await Node.Get<LedgerArchives>().ReadAsync(default)).Archive.IsPruned);
    }
}

public sealed class SqliteDailyCounts() : DailyCountContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlDailyCounts() : DailyCountContract(DatabaseKind.PostgreSql);
