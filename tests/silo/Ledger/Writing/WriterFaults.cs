using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>What the writer does when commits fail, on both databases.</summary>
public abstract class WriterFaults(DatabaseKind kind) : StoreSuite(kind)
{
    private static readonly Fault[] Passing = [Fault.None, Fault.LostBeforeItWasSent, Fault.AnswerLost, Fault.Contention];

    private FaultyCommits Commits => Node.Get<FaultyCommits>();

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, services =>
    {
        FaultyCommits.Install(services);
        services.Configure<LedgerOptions>(options =>
        {
            options.QueueCapacity = 8;
            options.CommitTimeout = TimeSpan.FromSeconds(5);
        });
    });

    [Fact]
    public async Task Commit_with_a_lost_answer_is_not_written_twice()
    {
        Commits.Suffer(Fault.AnswerLost);
        var first = await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        var second = await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        Assert.Equal((1, 1L), (first.Number, first.Use));
        Assert.Equal((2, 2L), (second.Number, second.Use));
        Assert.Equal(2, (await Node.VerifyAsync(await Node.ExportAsync())).Entries);
    }

    [Fact]
    public async Task Commit_lost_in_transit_succeeds_at_the_next_attempt()
    {
        Commits.Suffer(Fault.LostBeforeItWasSent, Fault.LostBeforeItWasSent);
        Assert.Equal(1, (await CommitSurelyAsync(Elements.Sign())).Number);
    }

    [Fact]
    public async Task Lost_answer_of_a_batch_without_entries_is_resolved()
    {
        Commits.Suffer(Fault.AnswerLost);
        await CommitSurelyAsync(new LedgerElement { Writes = [Elements.Write("session", "ses_1", 0)] });
        Commits.Suffer(Fault.AnswerLost);
        await CommitSurelyAsync(new LedgerElement().Counting("sec_1", 1));
        Assert.Equal(new CommitOutcome.LimitReached("sec_1"), await CommitAsync(new LedgerElement().Counting("sec_1", 1)));
    }

    [Fact]
    public async Task Contention_is_retried()
    {
        Commits.Suffer(Fault.Contention, Fault.Contention);
        Assert.Equal(1, (await CommitSurelyAsync(Elements.Sign())).Number);
    }

    [Fact]
    public async Task Ledger_reports_an_unavailable_store_and_recovers_by_itself()
    {
        Commits.IsAway = true;
        var waiting = CommitAsync(Elements.Sign());
        await Eventually.HoldsAsync(() => !Node.Writer.IsWritable, within: Eventually.Soon);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
        Commits.IsAway = false;
        Assert.IsType<CommitOutcome.Committed>(await waiting);
        await Eventually.HoldsAsync(() => Node.Writer.IsWritable, within: Eventually.Soon);
        await CommitSurelyAsync(Elements.Sign());
    }

    [Fact]
    public async Task Element_that_waits_too_long_fails_and_is_never_written()
    {
        Commits.IsAway = true;
        var late = Elements.Sign();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(late));
        await AdvanceAsync(TimeSpan.FromSeconds(30));
        Commits.IsAway = false;
        await Eventually.HoldsAsync(() => Node.Writer.IsWritable, within: Eventually.Soon);
        await CommitSurelyAsync(Elements.Sign());
        Assert.Null(await Node.Entries.FindAsync(late.Entry!.OperationId, CancellationToken.None));
    }

    [Fact]
    public async Task Element_beyond_the_queue_limit_is_refused_at_once()
    {
        Commits.Hold();
        var taken = CommitAsync(Elements.Sign());
        await Eventually.HoldsAsync(() => Node.Writer.QueueLength == 0, within: Eventually.Soon);
        var waiting = Enumerable.Range(0, 8).Select(_ => CommitAsync(Elements.Sign())).ToArray();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
        Commits.Release();
        Assert.All(await Task.WhenAll([taken, .. waiting]), outcome => Assert.IsType<CommitOutcome.Committed>(outcome));
    }

    [Fact]
    public async Task Element_cancelled_while_waiting_is_not_written()
    {
        Commits.Hold();
        var taken = CommitAsync(Elements.Sign());
        await Eventually.HoldsAsync(() => Node.Writer.QueueLength == 0, within: Eventually.Soon);
        using CancellationTokenSource cancellation = new();
        var element = Elements.Sign();
        var waiting = Node.Ledger.CommitAsync(element, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Commits.Release();
        await taken;
        await CommitSurelyAsync(Elements.Sign());
        Assert.Null(await Node.Entries.FindAsync(element.Entry!.OperationId, CancellationToken.None));
    }

    [Fact]
    public async Task Elements_waiting_for_a_commit_share_the_next_one()
    {
        await CommitSurelyAsync(Elements.Sign());
        Commits.Hold();
        var first = CommitAsync(Elements.Sign());
        await Eventually.HoldsAsync(() => Node.Writer.QueueLength == 0, within: Eventually.Soon);
        var sent = Commits.Sent;
        var waiting = Enumerable.Range(0, 8).Select(_ => CommitAsync(Elements.Sign())).ToArray();
        Commits.Release();
        await Task.WhenAll([first, .. waiting]);
        Assert.Equal(2, Commits.Sent - sent);
    }

    [Fact]
    public async Task Element_that_the_store_refuses_fails_alone()
    {
        // Two states of one element want one name: no state of the database in which that could go in.
        LedgerElement impossible = new()
        {
            Entry = Elements.Admin(),
            Writes =
            [
                Elements.Write("signer", "sgn_1", 0, "{}", new StateIndex(Name: "one")),
                Elements.Write("signer", "sgn_2", 0, "{}", new StateIndex(Name: "one")),
            ],
        };
        Commits.Hold();
        var first = CommitAsync(Elements.Sign());
        await Eventually.HoldsAsync(() => Node.Writer.QueueLength == 0, within: Eventually.Soon);
        var failing = CommitAsync(impossible);
        var others = Enumerable.Range(0, 5).Select(_ => CommitAsync(Elements.Sign())).ToArray();
        Commits.Release();
        Assert.All(await Task.WhenAll([first, .. others]), outcome => Assert.IsType<CommitOutcome.Committed>(outcome));
        await Assert.ThrowsAnyAsync<Exception>(() => failing);
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);
    }

    [Fact]
    public async Task Every_answer_is_true_under_random_faults()
    {
        // What a slow disk takes is not what this is about.
        Node.Get<IOptions<LedgerOptions>>().Value.CommitTimeout = TimeSpan.FromMinutes(2);
        Random random = new(20260801);
        var faults = Enumerable.Range(0, 200).Select(_ => Passing[random.Next(Passing.Length)]).ToArray();
        Commits.Suffer(faults);
        List<Task<CommitOutcome>> tasks = [];
        for (var i = 0; i < 60; i++)
        {
            tasks.Add(CommitAsync(Elements.Use($"gnt_{i % 3}", 15)));
            if (i % 4 == 3)
            {
                await tasks[^1];
            }
        }

        var outcomes = await Task.WhenAll(tasks);
        for (var grant = 0; grant < 3; grant++)
        {
            var uses = outcomes.Where((_, i) => i % 3 == grant).OfType<CommitOutcome.Committed>().Select(c => c.Use!.Value).Order();
            Assert.Equal(Enumerable.Range(1, 15).Select(i => (long)i), uses);
        }

        Assert.Equal(45, (await Node.VerifyAsync(await Node.ExportAsync())).Entries);
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);
    }
}

public sealed class SqliteWriterFaults() : WriterFaults(DatabaseKind.Sqlite);

public sealed class PostgreSqlWriterFaults() : WriterFaults(DatabaseKind.PostgreSql);
