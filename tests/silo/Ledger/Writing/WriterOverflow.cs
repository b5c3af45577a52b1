using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Tests.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>More grants than the writer remembers the counts of, on both databases.</summary>
public abstract class WriterOverflow(DatabaseKind kind) : StoreSuite(kind)
{
    private const int Remembered = 4096;

    private FaultyCommits Commits => Node.Get<FaultyCommits>();

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, services =>
    {
        FaultyCommits.Install(services);
        services.Configure<LedgerOptions>(options =>
        {
            options.QueueCapacity = 2 * Remembered;
            options.CommitTimeout = TimeSpan.FromMinutes(2);
        });
    });

    [Fact]
    public async Task Grant_counts_that_overflow_within_a_batch_number_every_use()
    {
        await CommitSurelyAsync(Elements.Begin([.. Enumerable.Range(3, Remembered - 3).Select(i => $"gnt_{i}"), "gnt_new"]));
        await Task.WhenAll(Enumerable.Range(0, Remembered).Select(i => CommitSurelyAsync(Elements.Use($"gnt_{i}", 5))));
        Commits.Hold();
        var first = CommitAsync(Elements.Sign());
        await Eventually.HoldsAsync(() => Node.Writer.QueueLength == 0, within: Eventually.Soon);
        var uses = new[] { "gnt_0", "gnt_new", "gnt_1", "gnt_0" }.Select(grant => CommitSurelyAsync(Elements.Use(grant, 5))).ToArray();
        Commits.Release();
        await first;
        Assert.Equal([2, 1, 2, 3], (await Task.WhenAll(uses)).Select(committed => committed.Use!.Value));
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);
    }
}

public sealed class SqliteWriterOverflow() : WriterOverflow(DatabaseKind.Sqlite);

public sealed class PostgreSqlWriterOverflow() : WriterOverflow(DatabaseKind.PostgreSql);
