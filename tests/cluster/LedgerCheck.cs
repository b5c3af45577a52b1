using System.Globalization;
using System.Text.Json.Nodes;

namespace CodeSigning.Cluster.Tests;

/// <summary>What an auditor would look at: the whole ledger, as it is exported.</summary>
internal sealed class LedgerCheck
{
    private readonly List<JsonObject> _entries;

    private LedgerCheck(List<JsonObject> entries) => _entries = entries;

    public IReadOnlyList<JsonObject> Entries => _entries;

    public IEnumerable<JsonObject> Signatures(string signerId) => _entries.Where(entry =>
        entry["kind"]!.GetValue<string>() == "sign"
        && entry["outcome"]!.GetValue<string>() == "success"
        && entry["signerId"]!.GetValue<string>() == signerId);

    /// <summary>Exports the ledger and has the server verify it.</summary>
    public static async Task<LedgerCheck> TakeAsync(Api administrator)
    {
        var verdict = await administrator.PostAsync("/api/v1/ledger/verify", new { });
        Assert.True(verdict["intact"]!.GetValue<bool>(), verdict.ToJsonString());
        var export = await administrator.GetTextAsync("/api/v1/ledger/export");
        return new LedgerCheck(
        [
            .. export.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => (JsonObject)JsonNode.Parse(line)!)
                .Where(line => line.ContainsKey("operationId")),
        ]);
    }

    /// <summary>Every signature that a client holds has its entry.</summary>
    public LedgerCheck Holds(IEnumerable<string> operationIds)
    {
        var known = _entries.Select(entry => entry["operationId"]!.GetValue<string>()).ToHashSet();
        string[] missing = [.. operationIds.Where(id => !known.Contains(id))];
        Assert.Empty(missing);
        return this;
    }

    /// <summary>A signer's signatures, or those under a grant of its, are exactly those that clients hold.</summary>
    public void HoldsExactly(string signerId, string? grant, IEnumerable<string> operationIds) => Assert.Equal(
        operationIds.Order(),
        Signatures(signerId)
            .Where(entry => entry["grantId"]?.GetValue<string>() == grant)
            .Select(entry => Api.Text(entry, "operationId"))
            .Order());

    /// <summary>Each stream counts from one without a gap, and no operation stands in the ledger twice.</summary>
    public LedgerCheck IsWhole()
    {
        foreach (var stream in _entries.GroupBy(entry => entry["stream"]!.GetValue<string>()))
        {
            var numbers = stream.Select(entry => entry["number"]!.GetValue<long>()).Order().ToArray();
            Assert.Equal(Enumerable.Range(1, numbers.Length).Select(number => (long)number), numbers);
        }

        Assert.Equal(_entries.Count, _entries.Select(entry => entry["operationId"]!.GetValue<string>()).Distinct().Count());
        return this;
    }

    public static DateTimeOffset At(JsonObject entry) =>
        DateTimeOffset.Parse(entry["at"]!.GetValue<string>(), CultureInfo.InvariantCulture);
}
