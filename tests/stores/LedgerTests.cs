using System.Text.Json.Nodes;
using CodeSigning.Testing;

namespace CodeSigning.Stores.Tests;

[Collection(SharedStores.Name)]
public sealed class LedgerTests(OpenStores stores)
{
    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Whole_ledger_is_verified_in_the_store(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);

        var report = (await (await store.AsAsync("administrator")).PostAsync("/api/v1/ledger/verify?full=true")).Json;

        Assert.True((bool)report["intact"]!, report.ToJsonString());
        Assert.True((int)report["entries"]! > OldEntries(store.Fixture).Count, report.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Old_export_is_verified_with_its_checkpoints(string commit, string database)
    {
        var fixture = new Fixture(commit, database);

        await VerifyAsync(fixture, fixture.Path("export.jsonl"));
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task New_export_is_verified_with_the_old_checkpoints(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        using var directory = new TemporaryDirectory();
        var export = (await (await store.AsAsync("administrator")).GetAsync("/api/v1/ledger/export")).Succeeded();
        await File.WriteAllTextAsync(directory.File("export.jsonl"), export.Body);

        await VerifyAsync(store.Fixture, directory.File("export.jsonl"));
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Pages_of_the_ledger_hold_every_old_entry(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var administrator = await store.AsAsync("administrator");
        var missing = OldEntries(store.Fixture);

        for (var cursor = ""; cursor is not null;)
        {
            var page = (await administrator.GetAsync($"/api/v1/ledger/entries?limit=100{cursor}")).Json;
            foreach (var entry in page["items"]!.AsArray())
            {
                missing.Remove(entry!["hash"]!.GetValue<string>());
            }

            cursor = page["next"] is { } next ? $"&cursor={next.GetValue<string>()}" : null;
        }

        Assert.Empty(missing);
    }

    /// <summary>The hashes of the entries that the fixture's export holds.</summary>
    private static HashSet<string> OldEntries(Fixture fixture)
    {
        var lines = fixture.Read("export.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!);
        HashSet<string> entries = [.. lines.Where(line => line["operationId"] is not null).Select(line => line["hash"]!.GetValue<string>())];
        Assert.NotEmpty(entries);
        return entries;
    }

    private static async Task VerifyAsync(Fixture fixture, string export)
    {
        var (exitCode, output) = await Server.RunVerbAsync(
            "verify-ledger", export, "--key", fixture.Path("ledger.pem"), "--checkpoint", fixture.Path("checkpoints.json"));

        Assert.True(exitCode == 0, output);
        Assert.StartsWith("Intact: ", output, StringComparison.Ordinal);
    }
}
