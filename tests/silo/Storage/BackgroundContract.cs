using CodeSigning.Silo.Housekeeping;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Tests.Ledger;
using CodeSigning.Silo.Tests.Ledger.Verification;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>What runs in the background goes on whatever it meets, so that the server stays up and can say what is wrong.</summary>
public abstract class BackgroundContract(DatabaseKind kind) : StoreSuite(kind)
{
    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, ReportedErrors.Install);

    [Fact]
    public async Task Changed_checkpoint_is_reported_once_and_found_by_verification()
    {
        await CommitSurelyAsync(Elements.Sign());
        await Node.CheckpointAsync();
        if (Database.Kind is DatabaseKind.Sqlite)
        {
            await Database.ExecuteAsync("DROP TRIGGER ledger_checkpoints_keep");
        }

        await Database.ExecuteAsync("UPDATE ledger_checkpoints SET json = 'x'");
        await ExpectOneErrorAsync<CheckpointService>(new LedgerOptions().CheckpointInterval, () => { });
        Assert.False((await Node.VerifyOnlineAsync()).Intact);
        await Node.StopAsync();
        Assert.Contains("verify the ledger", await Node.Get<ReportedErrors>().NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Housekeeping_fault_of_a_broken_table_is_reported_once()
    {
        await Database.ExecuteAsync("DROP TABLE observations");
        await ExpectOneErrorAsync<Housekeeper>(
            new HousekeepingOptions().ObservationInterval, () => Node.Get<Observations>().Note("sec_1", "login"), timers: 3);
    }

    // Three rounds with the trouble are one line.
    private async Task ExpectOneErrorAsync<T>(TimeSpan interval, Action beforeEach, int timers = 1)
        where T : BackgroundService
    {
        var service = Node.Get<IEnumerable<IHostedService>>().OfType<T>().Single();
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var created = 0;
        Time.TimerCreated += (_, _) =>
        {
            if (Interlocked.Increment(ref created) >= timers)
            {
                waits.TrySetResult();
            }
        };
        await service.StartAsync(CancellationToken.None);
        await waits.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var errors = Node.Get<ReportedErrors>();
        for (var round = 0; round < 3; round++)
        {
            beforeEach();
            await AdvanceAsync(interval);
            if (round == 0)
            {
                Assert.Contains("verify the ledger", await errors.NextAsync(), StringComparison.Ordinal);
            }
        }

        await service.StopAsync(CancellationToken.None);
        Assert.True(service.ExecuteTask!.IsCompletedSuccessfully);
        Assert.Equal(0, errors.Waiting);
    }
}

public sealed class SqliteBackground() : BackgroundContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlBackground() : BackgroundContract(DatabaseKind.PostgreSql);
