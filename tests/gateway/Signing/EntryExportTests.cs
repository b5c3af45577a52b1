using System.Text.Json;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>Files of the entries that a list shows.</summary>
public sealed class EntryExportTests(SigningWorld world) : IClassFixture<SigningWorld>
{
    private const string Password = "a password of the operator's";

    [Fact]
    public async Task Export_holds_just_the_entries_of_its_filters()
    {
        var (operatorId, client) = await NewPersonAsync();
        var signer = await world.NewSignerAsync(members: new { kind = "user", id = operatorId, role = "operator" });
        await SignAsync(world.Administrator, signer);
        await SignAsync(client, signer);
        await SignAsync(client, signer);

        var exported = (await client.GetAsync($"/api/v1/pki/signers/{signer}/operations/export?actor={operatorId}")).Succeeded();
        var listed = (await client.GetAsync($"/api/v1/pki/signers/{signer}/operations?actor={operatorId}")).Succeeded().Json.GetProperty("items");

        Assert.Equal(2, LinesOf(exported).Length);
        Assert.Equal(listed.EnumerateArray().Select(item => item.GetRawText()), LinesOf(exported));
        Assert.Equal(3 + 1, LinesOf((await client.GetAsync($"/api/v1/ledger/entries/export?signer={signer}")).Succeeded()).Length);
        Assert.Single(LinesOf((await client.GetAsync($"/api/v1/ledger/entries/export?signer={signer}&kind=admin")).Succeeded()));
    }

    [Fact]
    public async Task Csv_has_a_line_of_names_and_one_an_entry()
    {
        var signer = await world.NewSignerAsync();
        await SignAsync(world.Administrator, signer);

        var lines = LinesOf((await world.Administrator.GetAsync($"/api/v1/pki/signers/{signer}/operations/export?format=csv&status=success")).Succeeded());

        Assert.StartsWith("operationId,at,kind,outcome,", lines[0], StringComparison.Ordinal);
        Assert.Equal(1 + 2, lines.Length);
        Assert.Contains(",sign,success,,user,", lines[1], StringComparison.Ordinal);
        Assert.Contains("signer.create", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_is_refused_as_its_list_is()
    {
        var (_, stranger) = await NewPersonAsync();
        var signer = await world.NewSignerAsync();

        (await stranger.GetAsync($"/api/v1/pki/signers/{signer}/operations/export")).Refused(404, "NotFound");
        (await stranger.GetAsync($"/api/v1/ledger/entries/export?signer={signer}")).Refused(404, "NotFound");
        (await stranger.GetAsync("/api/v1/ledger/entries/export")).Refused(403, "Forbidden");
        (await world.Administrator.GetAsync("/api/v1/ledger/entries/export?outcome=perhaps")).Refused(400, "InvalidRequest");
        (await world.Administrator.GetAsync("/api/v1/ledger/entries/export?format=xls")).Refused(400, "InvalidRequest");
    }

    [Fact]
    public async Task Export_of_the_ledger_is_an_entry_itself()
    {
        var first = LinesOf((await world.Administrator.GetAsync("/api/v1/ledger/entries/export?kind=admin")).Succeeded())[0];

        Assert.Equal("ledger.export", JsonDocument.Parse(first).RootElement.GetProperty("action").GetString());
    }

    private static string[] LinesOf(ApiAnswer answer) => answer.BodyText.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private async Task<(string Id, ApiClient Client)> NewPersonAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        var id = await world.Administrator.CreatePersonAsync(email, "Operator", Password);
        return (id, world.Server.As(await world.Server.AsNobody().LogInAsync(email, Password)));
    }

    private static async Task SignAsync(ApiClient client, string signer) => (await client.PostAsync(
        SigningWorld.SignPath(signer),
        new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true })).Succeeded();
}
