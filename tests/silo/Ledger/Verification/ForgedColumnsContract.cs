using System.Text;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Verification;

/// <summary>Somebody with the database alone changes columns that no seal covers: nothing is decided from them.</summary>
public abstract class ForgedColumnsContract(DatabaseKind kind) : StoreSuite(kind)
{
    private const string Unused = "UPDATE ledger_entries SET use = NULL, grant_id = NULL WHERE grant_id = 'gnt_1'";

    private protected override Task<TestNode> StartNodeAsync() => TestNode.StartAsync(Database, Time, AddKinds);

    [Fact]
    public async Task Use_wiped_from_its_columns_is_not_given_back()
    {
        await CommitSurelyAsync(Elements.Use("gnt_1", 1));
        await TamperAsync(Unused);
        await Assert.ThrowsAsync<ElementFailedException>(() => CommitAsync(Elements.Use("gnt_1", 2)));
    }

    [Fact]
    public async Task Use_wiped_while_no_node_runs_is_not_given_back()
    {
        await CommitSurelyAsync(Elements.Use("gnt_1", 1));
        await Node.StopAsync();
        await TamperAsync(Unused);
        await AssertRefusesAsync(Elements.Use("gnt_1", 1));
    }

    [Theory]
    [InlineData("DELETE FROM states WHERE type = 'use-count'")]
    [InlineData("UPDATE states SET content = '{\"count\":0}' WHERE type = 'use-count'")]
    [InlineData("UPDATE ledger_entries SET json = replace(json, 'release', 'malware')")]
    public async Task Grant_with_an_unproven_count_signs_nothing(string tampering)
    {
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await Node.StopAsync();
        await TamperAsync(tampering);
        await AssertRefusesAsync(Elements.Use("gnt_1", 5));
    }

    [Fact]
    public async Task Grant_with_a_forged_count_fails_alone_in_its_batch()
    {
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await TamperAsync(Unused);
        var forged = Assert.ThrowsAsync<ElementFailedException>(() => CommitAsync(Elements.Use("gnt_1", 5)));
        await Task.WhenAll(CommitSurelyAsync(Elements.Use("gnt_2", 5)), CommitSurelyAsync(Elements.Sign()), forged);
    }

    [Theory]
    [InlineData("DELETE FROM states WHERE id = 'sec_1'")]
    [InlineData("UPDATE states SET content = '{\"count\":0}' WHERE id = 'sec_1'")]
    public async Task Secret_with_an_unproven_count_cannot_log_in(string tampering)
    {
        await CommitSurelyAsync(new LedgerElement().Counting("sec_1", 2));
        await Node.StopAsync();
        await TamperAsync(tampering);
        await AssertRefusesAsync(new LedgerElement().Counting("sec_1", 2));
    }

    [Fact]
    public async Task Restored_old_count_is_found_by_verification()
    {
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await TamperAsync("CREATE TABLE kept AS SELECT version, content, seal FROM states WHERE id = 'gnt_1'");
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await TamperAsync(
            "UPDATE states SET version = k.version, content = k.content, seal = k.seal FROM kept k WHERE states.id = 'gnt_1'");
        await AssertFoundAsync("The sealed count of grant gnt_1 stands at 1; the ledger tells of 2 uses: an old row was put back.");
    }

    [Fact]
    public async Task Missing_count_is_found_by_verification()
    {
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await TamperAsync("DELETE FROM states WHERE type = 'use-count' AND id = 'gnt_1'");
        await AssertFoundAsync("The sealed count of the uses of grant gnt_1 is missing.");
    }

    [Theory]
    [InlineData("UPDATE states SET parent = 'idn_2' WHERE type = 'sample'", "A column of the stored sample/smp_1 was changed")]
    [InlineData("UPDATE states SET status = 'disabled' WHERE type = 'sample'", "A column of the stored sample/smp_1 was changed")]
    [InlineData("UPDATE states SET name = NULL WHERE type = 'sample'", "A column of the stored sample/smp_1 was changed")]
    [InlineData("UPDATE states SET until_ms = 1 WHERE type = 'sample'", "A column of the stored sample/smp_1 was changed")]
    [InlineData("DELETE FROM state_links WHERE type = 'sample'", "The links of the stored sample/smp_1 were changed")]
    [InlineData("UPDATE state_links SET link = 'user:usr_2' WHERE type = 'sample'", "The links of the stored sample/smp_1 were changed")]
    [InlineData("UPDATE state_links SET status = 'x' WHERE type = 'sample'", "The links of the stored sample/smp_1 were changed")]
    public async Task Column_that_contradicts_its_content_is_found(string tampering, string problem)
    {
        await CommitSurelyAsync(SampleOf("idn_1"));
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);
        await TamperAsync(tampering);
        await AssertFoundAsync(problem);
    }

    [Fact]
    public async Task Row_listed_under_another_parent_is_refused()
    {
        await CommitSurelyAsync(SampleOf("idn_1"));
        await TamperAsync("UPDATE states SET parent = 'idn_2' WHERE type = 'sample'");
        var found = await Node.States.ListAsync(new StateQuery("sample", Parent: "idn_2"), CancellationToken.None);
        Assert.Throws<StateTamperedException>(() => Assert.Single(found).ReadAs<Sample>());
    }

    [Theory]
    [InlineData("DELETE FROM states WHERE type = 'key'")]
    [InlineData("DELETE FROM states WHERE type = 'key' AND id LIKE 'ledger%'")]
    public async Task Node_creates_no_new_keys_for_a_nonempty_ledger(string tampering)
    {
        await CommitSurelyAsync(Elements.Sign());
        await Node.StopAsync();
        await TamperAsync(tampering);
        await Assert.ThrowsAsync<SealedKeyException>(() => TestNode.StartAsync(Database, Time));
    }

    private static LedgerElement SampleOf(string parent)
    {
        Sample sample = new(parent);
        return Elements.Create("sample", "smp_1", Encoding.UTF8.GetString(StateJson.Write(sample)), sample.ToIndex());
    }

    private static void AddKinds(IServiceCollection services) => services
        .AddSingleton(StateKind.Of<Sample>("sample"))
        .AddSingleton(StateKind.Of<UseCountState>(StateTypes.UseCount));

    private async Task AssertRefusesAsync(LedgerElement element)
    {
        await using var next = await TestNode.StartAsync(Database, Time);
        await Assert.ThrowsAsync<ElementFailedException>(() => next.Ledger.CommitAsync(element, CancellationToken.None).AsTask());
    }

    private async Task AssertFoundAsync(string problem) =>
        Assert.Contains((await Node.VerifyOnlineAsync()).Problems, found => found.What.StartsWith(problem, StringComparison.Ordinal));

    // Who has the database can switch off what SQLite guards the ledger with.
    private Task TamperAsync(string sql) => Database.ExecuteAsync(
        Database.Kind == DatabaseKind.Sqlite
            ? "DROP TRIGGER IF EXISTS ledger_entries_keep; DROP TRIGGER IF EXISTS ledger_entries_stay;" + sql
            : sql);

    private sealed record Sample(string Parent) : IIndexedState
    {
        public StateIndex ToIndex() => new(
            Name: "sample", Parent: Parent, Status: "active", Until: DateTimeOffset.UnixEpoch.AddYears(80), Links: ["user:usr_1"]);
    }
}

public sealed class SqliteForgedColumns() : ForgedColumnsContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlForgedColumns() : ForgedColumnsContract(DatabaseKind.PostgreSql);
