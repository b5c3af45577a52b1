using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Tests.Ledger;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>A test on one node over a database of its own. What derives from it runs on each kind of database.</summary>
public abstract class StoreSuite(DatabaseKind kind) : IAsyncLifetime
{
    private protected ManualTimeProvider Time { get; } = new();

    private protected TestDatabase Database { get; private set; } = null!;

    private protected TestNode Node { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync(kind);
        Node = await StartNodeAsync();
        await Database.SetClockAsync(Time.GetUtcNow());
        await CommitSurelyAsync(Elements.Begin("gnt_0", "gnt_1", "gnt_2", "sec_1"));
    }

    public virtual async Task DisposeAsync()
    {
        await Node.DisposeAsync();
        Database.Dispose();
    }

    private protected virtual Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time);

    private protected async Task AdvanceAsync(TimeSpan by)
    {
        Time.Advance(by);
        await Database.SetClockAsync(Time.GetUtcNow());
    }

    private protected Task<CommitOutcome> CommitAsync(LedgerElement element) =>
        Node.Ledger.CommitAsync(element, CancellationToken.None).AsTask();

    private protected async Task<CommitOutcome.Committed> CommitSurelyAsync(LedgerElement element) =>
        Assert.IsType<CommitOutcome.Committed>(await CommitAsync(element));
}
