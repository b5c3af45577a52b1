using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>How long the writer waits for more while work queues for a processor, on both databases.</summary>
public abstract class WriterGathering(DatabaseKind kind) : StoreSuite(kind)
{
    private static readonly TimeSpan Forever = TimeSpan.FromMinutes(10);

    private readonly Queue _queue = new();

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, services =>
    {
        services.AddSingleton<IUpcomingWork>(_queue);
        services.Configure<LedgerOptions>(options => options.MaxGathering = Forever);
    });

    [Fact]
    public async Task Elements_that_arrive_while_work_queues_share_a_commit()
    {
        _queue.Fill();
        var commits = Enumerable.Range(0, 10).Select(_ => CommitSurelyAsync(Elements.Sign())).ToList();
        _queue.Empty();
        await Task.WhenAll(commits);
        Assert.Equal(1, await CountHeadsAsync());
    }

    [Fact]
    public async Task Element_commits_at_once_without_queued_work()
    {
        await CommitSurelyAsync(Elements.Sign());
        await CommitSurelyAsync(Elements.Sign());
        Assert.Equal(2, await CountHeadsAsync());
    }

    [Fact]
    public async Task Queue_that_never_empties_delays_commits_within_the_bound()
    {
        Node.Get<IOptions<LedgerOptions>>().Value.MaxGathering = TimeSpan.FromMilliseconds(1);
        _queue.Fill();
        Assert.Equal(1, (await CommitSurelyAsync(Elements.Sign())).Number);
    }

    [Fact]
    public async Task As_much_as_waits_shares_a_commit()
    {
        _queue.Fill(2);
        await Task.WhenAll(CommitSurelyAsync(Elements.Sign()), CommitSurelyAsync(Elements.Sign()));
        Assert.Equal(1, await CountHeadsAsync());
    }

    [Fact]
    public async Task Full_batch_does_not_wait_for_the_queue()
    {
        Node.Get<IOptions<LedgerOptions>>().Value.MaxBatchElements = 2;
        _queue.Fill();
        await Task.WhenAll(CommitSurelyAsync(Elements.Sign()), CommitSurelyAsync(Elements.Sign()));
        Assert.Equal(1, await CountHeadsAsync());
    }

    private async Task<int> CountHeadsAsync()
    {
        var pages = Node.Get<LedgerPages>();
        var end = Assert.Single(await pages.ReadEndsAsync(CancellationToken.None));
        return await pages.ReadHeadsAsync(end.Stream, 1, end.Number, CancellationToken.None).CountAsync();
    }

    private sealed class Queue : IUpcomingWork
    {
        private TaskCompletionSource _fewWait = new();

        public Queue() => Empty();

        public int Waiting { get; private set; }

        public Task FewWaitAsync(int few) => _fewWait.Task;

        public void Fill(int waiting = int.MaxValue) => (_fewWait, Waiting) = (new TaskCompletionSource(), waiting);

        public void Empty() => _fewWait.TrySetResult();
    }
}

public sealed class SqliteWriterGathering() : WriterGathering(DatabaseKind.Sqlite);

public sealed class PostgreSqlWriterGathering() : WriterGathering(DatabaseKind.PostgreSql);
