using System.Text.Json;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>Sixty-four clients at once on one signer.</summary>
public sealed class ManyClientsTests(SigningWorld world) : IClassFixture<SigningWorld>
{
    private const int Clients = 64;
    private const int SignaturesEach = 8;

    [Theory]
    [InlineData("EC_P256", "ECDSA_SHA256")]
    [InlineData("RSA_3072", "RSASSA_PSS_SHA256")]
    public async Task Each_client_gets_its_signatures_with_entries_in_intact_ledger(string keyAlgorithm, string algorithm)
    {
        var signer = await world.NewSignerAsync(keyAlgorithm);
        var begin = new TaskCompletionSource();

        var clients = Enumerable.Range(0, Clients).Select(async client =>
        {
            await begin.Task;
            var answers = new List<ApiAnswer>();
            for (var i = 0; i < SignaturesEach; i++)
            {
                answers.Add(await world.SignAsync(signer, algorithm, [(byte)client, (byte)i], isDigest: false));
            }

            return answers;
        }).ToArray();
        begin.SetResult();
        var received = (await Task.WhenAll(clients)).SelectMany(answers => answers).ToList();

        Assert.All(received, answer => Assert.True(answer.Status == 200, answer.BodyText));
        var entries = await EntriesAsync(signer);
        Assert.Equal(Clients * SignaturesEach, entries.Count);
        Assert.All(received, answer =>
            Assert.Equal(answer.Text("signature"), entries[answer.Text("operationId")].GetProperty("signature").GetString()));
        Assert.Equal(entries.Count, entries.Values.Select(entry => entry.GetProperty("number").GetInt64()).Distinct().Count());
        var report = (await world.Administrator.PostAsync("/api/v1/ledger/verify?full=true")).Succeeded().Json;
        Assert.True(report.GetProperty("intact").GetBoolean(), report.GetRawText());
    }

    /// <summary>The signer's signatures in the ledger by their operation's id.</summary>
    private async Task<Dictionary<string, JsonElement>> EntriesAsync(string signer)
    {
        var entries = new Dictionary<string, JsonElement>();
        for (var page = $"/api/v1/pki/signers/{signer}/operations?limit=100"; ;)
        {
            var answer = (await world.Administrator.GetAsync(page)).Succeeded().Json;
            foreach (var entry in answer.GetProperty("items").EnumerateArray().Where(entry => entry.GetProperty("kind").GetString() == "sign"))
            {
                entries.Add(entry.GetProperty("operationId").GetString()!, entry);
            }

            if (!answer.TryGetProperty("next", out var next) || next.ValueKind != JsonValueKind.String)
            {
                return entries;
            }

            page = $"/api/v1/pki/signers/{signer}/operations?limit=100&cursor={next.GetString()}";
        }
    }
}
