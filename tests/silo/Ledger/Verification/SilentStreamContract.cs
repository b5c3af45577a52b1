using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Tests.Ledger.Writing;
using CodeSigning.Silo.Tests.Storage;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Verification;

/// <summary>What becomes of the streams of processes that were killed, and of processes that were only silent.</summary>
public abstract class SilentStreamContract(DatabaseKind kind) : StoreSuite(kind)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private string _stream = "";
    private TestNode _other = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _stream = (await CommitSurelyAsync(Elements.Use("gnt_1", 5))).Stream;
        _other = await TestNode.StartAsync(Database, Time);
        await SignElsewhereAsync();
        await _other.CheckpointAsync();
    }

    public override async Task DisposeAsync()
    {
        await _other.DisposeAsync();
        await base.DisposeAsync();
    }

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, FaultyCommits.Install);

    [Fact]
    public async Task Stream_silent_for_an_hour_is_closed_and_named_once()
    {
        await AdvanceAsync(Hour);
        await CloseSilentAsync();
        await SignElsewhereAsync();
        Assert.DoesNotContain("closed", await _other.CheckpointAsync(), StringComparison.Ordinal);
        await AdvanceAsync(TimeSpan.FromMilliseconds(1));
        await CloseSilentAsync();
        var naming = await _other.CheckpointAsync();
        Assert.Contains($"\"stream\":\"{_stream}\",\"number\":1,", naming, StringComparison.Ordinal);
        Assert.Contains("\"closed\":true", naming, StringComparison.Ordinal);
        await SignElsewhereAsync();
        var later = await _other.CheckpointAsync();
        Assert.DoesNotContain(_stream, later, StringComparison.Ordinal);
        await AssertIntactAsync(naming, later);
    }

    [Fact]
    public async Task Live_process_with_a_closed_stream_continues_in_another()
    {
        await CloseAfterAnHourAsync();
        var next = await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        Assert.NotEqual(_stream, next.Stream);
        Assert.Equal(next.Stream, Node.Writer.Stream);
        Assert.Equal((1, 2L), (next.Number, next.Use));
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await AssertIntactAsync(await _other.CheckpointAsync());
    }

    [Fact]
    public async Task Live_process_with_a_closed_stream_shuts_down_cleanly()
    {
        await CloseAfterAnHourAsync();
        await Node.StopAsync();
        await AssertIntactAsync(await _other.CheckpointAsync());
    }

    [Fact]
    public async Task Batch_with_a_lost_answer_before_closing_is_written_once()
    {
        var commits = Node.Get<FaultyCommits>();
        commits.Suffer(Fault.AnswerLostAndStoreAway);
        var waiting = CommitAsync(Elements.Use("gnt_1", 5));
        await commits.Away;
        await CloseAfterAnHourAsync();
        commits.IsAway = false;
        var found = Assert.IsType<CommitOutcome.Committed>(await waiting);
        Assert.Equal((_stream, 2, 2L), (found.Stream, found.Number, found.Use));
        var next = await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        Assert.Equal((1, 3L), (next.Number, next.Use));
        await AssertIntactAsync(await _other.CheckpointAsync());
    }

    [Fact]
    public async Task Batch_lost_before_closing_is_written_to_next_stream()
    {
        var commits = Node.Get<FaultyCommits>();
        commits.Suffer(Fault.StoreAway);
        var waiting = CommitAsync(Elements.Use("gnt_1", 5));
        await commits.Away;
        await CloseAfterAnHourAsync();
        commits.IsAway = false;
        var next = Assert.IsType<CommitOutcome.Committed>(await waiting);
        Assert.NotEqual(_stream, next.Stream);
        Assert.Equal((1, 2L), (next.Number, next.Use));
        await AssertIntactAsync(await _other.CheckpointAsync());
    }

    [Fact]
    public async Task Closing_never_signs_an_end_that_its_writer_did_not()
    {
        if (Database.Kind is DatabaseKind.Sqlite)
        {
            await Database.ExecuteAsync("DROP TRIGGER ledger_heads_stay");
        }

        await Database.ExecuteAsync($"DELETE FROM ledger_heads WHERE stream = '{_stream}'");
        await CloseAfterAnHourAsync();
        Assert.DoesNotContain("closed", await _other.CheckpointAsync(), StringComparison.Ordinal);
        Assert.Contains((await _other.VerifyOnlineAsync()).Problems, problem => problem.Stream == _stream);
    }

    private async Task CloseAfterAnHourAsync()
    {
        await AdvanceAsync(Hour + TimeSpan.FromMilliseconds(1));
        await CloseSilentAsync();
    }

    private Task CloseSilentAsync() => _other.Get<SilentStreams>().CloseAsync(CancellationToken.None);

    private async Task SignElsewhereAsync() =>
        Assert.IsType<CommitOutcome.Committed>(await _other.Ledger.CommitAsync(Elements.Sign(), CancellationToken.None));

    private async Task AssertIntactAsync(params string[] kept)
    {
        Assert.Empty((await _other.VerifyAsync(await _other.ExportAsync(), kept)).Problems);
        Assert.Empty((await _other.VerifyOnlineAsync()).Problems);
    }
}

public sealed class SqliteSilentStreams() : SilentStreamContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlSilentStreams() : SilentStreamContract(DatabaseKind.PostgreSql);
