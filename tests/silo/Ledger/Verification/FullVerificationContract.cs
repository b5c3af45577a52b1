using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Verification;

/// <summary>The verification of the whole ledger that runs by itself, on one of the nodes.</summary>
public abstract class FullVerificationContract(DatabaseKind kind) : StoreSuite(kind)
{
    private static readonly TimeSpan FirstAfter = new VerificationOptions().FirstAfter;
    private static readonly TimeSpan Interval = new VerificationOptions().Interval;

    private TestNode _other = null!;

    private FullVerifications Results => Node.Get<FullVerifications>();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _other = await TestNode.StartAsync(Database, Time, services => Configure(services, "other"));
        await CommitSurelyAsync(Elements.Sign());
        await CommitSurelyAsync(Elements.Sign());
        await Node.CheckpointAsync();
    }

    public override async Task DisposeAsync()
    {
        await _other.DisposeAsync();
        await base.DisposeAsync();
    }

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, services =>
    {
        ReportedErrors.Install(services);
        Configure(services, "node");
    });

    [Fact]
    public async Task Full_verification_runs_soon_after_start_but_not_at_once()
    {
        await using var running = await RunAsync();
        await AdvanceAsync(FirstAfter - TimeSpan.FromSeconds(1));
        Assert.Null(await Results.FindLastAsync(CancellationToken.None));
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        var found = await NextAsync(after: null);
        Assert.Equal((true, 2L, 1L, "node"), (found.Intact, found.Entries, found.Checkpoints, found.Node));
    }

    [Fact]
    public async Task Full_verification_runs_again_after_the_interval()
    {
        await using var running = await RunAsync();
        await AdvanceAsync(FirstAfter);
        var first = await NextAsync(after: null);
        await AdvanceAsync(Interval - TimeSpan.FromMinutes(2));
        Assert.False(await Results.TryClaimAsync(CancellationToken.None));
        await AdvanceAsync(TimeSpan.FromMinutes(3));
        Assert.True((await NextAsync(first)).BeganAt - first.BeganAt >= Interval);
    }

    [Fact]
    public async Task Edit_before_the_verified_checkpoint_is_reported_and_recorded()
    {
        Assert.True((await Node.VerifyOnlineAsync()).Intact);
        await EditAsync();
        Assert.True((await Node.VerifyOnlineAsync()).Intact);
        await using var running = await RunAsync();
        await AdvanceAsync(FirstAfter);
        Assert.StartsWith("The ledger is not intact", await Node.Get<ReportedErrors>().NextAsync(), StringComparison.Ordinal);
        Assert.False((await NextAsync(after: null)).Intact);
        Assert.False((await Node.VerifyOnlineAsync()).Intact);
        var entry = Assert.Single(await ToldAsync());
        Assert.Contains("\"outcome\":\"failed\"", entry.Json, StringComparison.Ordinal);
        Assert.Contains("its hash does not fit", entry.Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problem_found_repeatedly_is_recorded_once()
    {
        await EditAsync();
        await NoteAsync(Node);
        await NoteAsync(_other);
        Assert.Single(await ToldAsync());
    }

    [Fact]
    public async Task One_of_two_nodes_claims_the_verification()
    {
        Assert.True(await Results.TryClaimAsync(CancellationToken.None));
        Assert.False(await _other.Get<FullVerifications>().TryClaimAsync(CancellationToken.None));
        await Results.ReleaseAsync(CancellationToken.None);
        Assert.True(await _other.Get<FullVerifications>().TryClaimAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Claim_of_a_dead_node_expires_after_half_the_interval()
    {
        Assert.True(await Results.TryClaimAsync(CancellationToken.None));
        await AdvanceAsync((Interval / 2) - TimeSpan.FromSeconds(1));
        Assert.False(await _other.Get<FullVerifications>().TryClaimAsync(CancellationToken.None));
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.True(await _other.Get<FullVerifications>().TryClaimAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Tampered_claim_row_does_not_prevent_verification()
    {
        await NoteAsync(Node);
        await Database.ExecuteAsync($"UPDATE states SET content = '{{}}' WHERE type = '{StateTypes.LedgerVerification}'");
        await using var running = await RunAsync();
        await AdvanceAsync(FirstAfter);
        Assert.Contains("1 problems", await Node.Get<ReportedErrors>().NextAsync(), StringComparison.Ordinal);
        Assert.Single(await Eventually.ValueAsync(ToldAsync, told => told.Count > 0, within: Eventually.Soon));
    }

    private static void Configure(IServiceCollection services, string name)
    {
        services.Configure<VerificationOptions>(options => options.Rest = 0);
        services.Configure<LedgerOptions>(options => options.Node = name);
    }

    private Task EditAsync() => Database.ExecuteAsync(
        (Database.Kind is DatabaseKind.Sqlite ? "DROP TRIGGER ledger_entries_keep;" : "")
        + "UPDATE ledger_entries SET json = replace(json, 'release', 'malware') WHERE number = 1");

    private async Task NoteAsync(TestNode node)
    {
        var report = await node.Get<ILedgerVerification>().VerifyInBackgroundAsync(CancellationToken.None);
        var now = Time.GetUtcNow();
        await node.Get<FullVerifications>().NoteAsync(
            report, FullVerifications.Sum(report, now, now, "node"), CancellationToken.None);
    }

    private async Task<IReadOnlyList<LedgerEntry>> ToldAsync() =>
        await Node.Entries.ListAsync(new LedgerQuery(Kind: EntryKind.Admin), CancellationToken.None);

    private Task<FullVerification> NextAsync(FullVerification? after) => Eventually.ValueAsync(
        () => Results.FindLastAsync(CancellationToken.None), found => found is not null && found != after, within: Eventually.Soon)!;

    private async Task<RunningService> RunAsync()
    {
        var service = Node.Get<IEnumerable<IHostedService>>().OfType<FullVerificationService>().Single();
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Time.TimerCreated += (_, _) => waits.TrySetResult();
        await service.StartAsync(CancellationToken.None);
        await waits.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return new RunningService(service);
    }

    private sealed class RunningService(BackgroundService service) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await service.StopAsync(CancellationToken.None);
            Assert.True(service.ExecuteTask!.IsCompletedSuccessfully);
        }
    }
}

public sealed class SqliteFullVerification() : FullVerificationContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlFullVerification() : FullVerificationContract(DatabaseKind.PostgreSql);
