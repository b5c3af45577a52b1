using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Tests.Hosting;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>What "cannot happen" ends an element, a batch, or the writer, and nothing more, on both databases.</summary>
public abstract class WriterEndurance(DatabaseKind kind) : StoreSuite(kind), IDisposable
{
    private readonly LogLines _log = new();

    private FaultyCommits Commits => Node.Get<FaultyCommits>();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await CommitSurelyAsync(Elements.Sign()); // The first commit on PostgreSQL is refused: it learns the database's time.
    }

    public void Dispose()
    {
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, services =>
    {
        FaultyCommits.Install(services);
        FaultyParts.Install(services);
        services.AddSingleton<ILoggerProvider>(_log);
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error));
    });

    [Fact]
    public Task Grant_that_cannot_be_counted_fails_its_element_alone() =>
        AssertFailsAloneAsync(Elements.Use(FaultyParts.BadId, 5));

    [Fact]
    public Task State_that_cannot_be_sealed_fails_its_element_alone() =>
        AssertFailsAloneAsync(Elements.Create("signer", FaultyParts.BadId));

    [Fact]
    public async Task Element_that_fails_is_logged_once_under_its_id()
    {
        var failed = await Assert.ThrowsAsync<ElementFailedException>(() => CommitAsync(Elements.Use(FaultyParts.BadId, 5)));
        await CommitSurelyAsync(Elements.Sign());
        var line = Assert.Single(_log.All, line => line.Level >= LogLevel.Error);
        Assert.Contains(failed.ErrorId!, line.Text, StringComparison.Ordinal);
        Assert.IsType<InvalidCastException>(line.Exception);
    }

    [Fact]
    public async Task Unforeseen_fault_of_a_commit_fails_unwritten_elements()
    {
        Commits.Suffer(Fault.Unknown);
        var element = Elements.Use("gnt_1", 5);
        await Assert.ThrowsAsync<ElementFailedException>(() => CommitAsync(element));
        Assert.Null(await Node.Entries.FindAsync(element.Entry!.OperationId, CancellationToken.None));
        Assert.Equal((2, 1L), Place(await CommitSurelyAsync(Elements.Use("gnt_1", 5))));
    }

    [Fact]
    public async Task Unforeseen_fault_after_a_commit_loses_no_written_element()
    {
        Commits.Suffer(Fault.AnswerUnreadable);
        Assert.Equal((2, 1L), Place(await CommitSurelyAsync(Elements.Use("gnt_1", 5))));
        Assert.Equal((3, 2L), Place(await CommitSurelyAsync(Elements.Use("gnt_1", 5))));
        Assert.Equal(3, (await Node.VerifyAsync(await Node.ExportAsync())).Entries);
    }

    [Fact]
    public async Task Batch_that_fails_as_a_whole_is_committed_in_parts()
    {
        var batch = await HoldBatchAsync(Enumerable.Range(0, 5).Select(_ => Elements.Use("gnt_1", 5)), Fault.Unknown);
        var uses = (await Task.WhenAll(batch)).Select(outcome => Assert.IsType<CommitOutcome.Committed>(outcome).Use!.Value);
        Assert.Equal([1, 2, 3, 4, 5], uses.Order());
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);
    }

    [Fact]
    public async Task Store_that_returns_with_a_refusal_accepts_later_commits()
    {
        Commits.Suffer(Fault.LostBeforeItWasSent, Fault.Rejected);
        await Assert.ThrowsAsync<ElementFailedException>(() => CommitAsync(Elements.Sign()));
        Assert.True(Node.Writer.IsWritable);
        await CommitSurelyAsync(Elements.Sign());
    }

    [Fact]
    public async Task Unavailable_store_does_not_break_the_writer()
    {
        Commits.IsAway = true;
        var waiting = CommitAsync(Elements.Sign());
        await Eventually.HoldsAsync(() => !Node.Writer.IsWritable, within: Eventually.Soon);
        Assert.False(Node.Writer.Broken.IsCompleted);
        Commits.IsAway = false;
        Assert.IsType<CommitOutcome.Committed>(await waiting);
        Assert.DoesNotContain(_log.All, line => line.Level == LogLevel.Critical);
    }

    [Fact]
    public async Task Shutdown_while_store_is_unavailable_does_not_break_writer()
    {
        await CommitSurelyAsync(Elements.Sign());
        Commits.IsAway = true;
        await Node.StopAsync();
        Assert.False(Node.Writer.Broken.IsCompleted);
    }

    [Fact]
    public async Task Failing_ledger_key_breaks_the_writer()
    {
        Node.Get<FaultyParts>().IsKeyBroken = true;
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
        await AssertBrokenAsync();
    }

    [Fact]
    public async Task Unforeseen_fault_on_a_stream_cut_off_breaks_the_writer()
    {
        await CommitSurelyAsync(Elements.Sign());
        await Database.ExecuteAsync("UPDATE ledger_streams SET number = 7");
        Commits.Suffer(Fault.Unknown);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
        await AssertBrokenAsync();
    }

    private async Task AssertFailsAloneAsync(LedgerElement bad)
    {
        var batch = await HoldBatchAsync([Elements.Sign(), bad, Elements.Sign(), Elements.Use("gnt_1", 5)], Fault.None);
        await Assert.ThrowsAsync<ElementFailedException>(() => batch[1]);
        foreach (var good in new[] { batch[0], batch[2], batch[3] })
        {
            Assert.IsType<CommitOutcome.Committed>(await good);
        }

        await CommitSurelyAsync(Elements.Sign());
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);
    }

    // What comes while a commit is held goes in together.
    private async Task<Task<CommitOutcome>[]> HoldBatchAsync(IEnumerable<LedgerElement> elements, Fault fault)
    {
        Commits.Hold();
        var first = CommitAsync(Elements.Sign());
        await Eventually.HoldsAsync(() => Node.Writer.QueueLength == 0, within: Eventually.Soon);
        Commits.Suffer(Fault.None, fault);
        Task<CommitOutcome>[] batch = [.. elements.Select(CommitAsync)];
        Commits.Release();
        await first;
        return batch;
    }

    private async Task AssertBrokenAsync()
    {
        await Node.Writer.Broken.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(Node.Writer.IsWritable);
        Assert.Single(_log.All, line => line.Level == LogLevel.Critical);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
    }

    private static (int Number, long? Use) Place(CommitOutcome.Committed committed) => ((int)committed.Number, committed.Use);
}

public sealed class SqliteWriterEndurance() : WriterEndurance(DatabaseKind.Sqlite);

public sealed class PostgreSqlWriterEndurance() : WriterEndurance(DatabaseKind.PostgreSql);
