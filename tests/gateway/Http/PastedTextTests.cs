using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Gateway.Tests.Names;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>Text as editors, shells and Windows write it is taken in every input alike.</summary>
[Collection(SharedServer.Collection)]
public sealed class PastedTextTests(SharedServer shared)
{
    private const string Mark = "\uFEFF";

    public static TheoryData<string> Wrappings { get; } = ["{0}", Mark + "{0}", "{0}\n", "{0}\r\n", " \t{0}", Mark + "{0}\r\n"];

    [Theory]
    [MemberData(nameof(Wrappings))]
    public async Task Bodies_may_have_a_mark_and_line_ends(string wrapping)
    {
        var things = new NamedThings(await shared.Server.AsAdministratorAsync());
        var body = Wrap(wrapping, JsonSerializer.Serialize(new { name = things.Name("team") }));
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await things.Administrator.SendAsync(HttpMethod.Post, "/api/v1/groups", content)).Succeeded();
    }

    [Theory]
    [MemberData(nameof(Wrappings))]
    public async Task Credentials_and_ids_may_have_a_mark_and_line_ends(string wrapping)
    {
        var things = new NamedThings(await shared.Server.AsAdministratorAsync());
        var identity = await things.IdentityAsync("ci");
        var secret = (await things.Administrator.PostAsync($"/api/v1/identities/{identity}/client-secrets", new { })).Succeeded();
        await shared.Server.AsNobody().LogInWithSecretAsync(Wrap(wrapping, identity), Wrap(wrapping, secret.Text("clientSecret")));
        await things.GroupAsync("team");
        (await things.Administrator.PostAsync(
            $"/api/v1/groups/{things.Name("team")}/members", new { kind = "identity", id = Wrap(wrapping, identity) })).Succeeded();
    }

    [Theory]
    [MemberData(nameof(Wrappings))]
    public async Task Base64_is_taken_marked_wrapped_and_ended_everywhere(string wrapping)
    {
        var things = new NamedThings(await shared.Server.AsAdministratorAsync());
        await things.SignerAsync("signer", await things.AuthorityAsync("root"));
        var data = Wrap(wrapping, Convert.ToBase64String(new byte[48]).Insert(20, "\r\n"));
        var path = $"/api/v1/pki/signers/{things.Name("signer")}/sign";
        var sign = new { data, signingAlgorithm = "ECDSA_SHA384", isDigest = true };
        (await things.Administrator.PostAsync(path, sign)).Succeeded();
        var whole = Wrap(wrapping, JsonSerializer.Serialize(sign));
        (await things.Administrator.SendTextAsync(HttpMethod.Post, path, whole)).Succeeded();
        var batch = await things.Administrator.PostAsync($"{path}/batch", new { items = new[] { sign } });
        Assert.Contains("\"signature\"", batch.Succeeded().BodyText, StringComparison.Ordinal);
        // What is read as base64 of no PKCS#12 is refused as that, and not as base64.
        var import = await things.Administrator.PostAsync("/api/v1/pki/certificates/import", new { pkcs12 = data, password = "x" });
        Assert.DoesNotContain("base64", import.Text("detail"), StringComparison.Ordinal);
        var none = await things.Administrator.PostAsync("/api/v1/pki/certificates/import", new { pkcs12 = "no*base64", password = "x" });
        Assert.Equal("The field 'pkcs12' must be base64.", none.Refused(400, "InvalidRequest").Text("detail"));
    }

    [Theory]
    [MemberData(nameof(Wrappings))]
    public void One_rule_trims_text_and_bytes(string wrapping)
    {
        Assert.Equal("value", PastedText.Trim(Wrap(wrapping, "value")));
        Assert.Equal("value"u8, PastedText.Trim(Encoding.UTF8.GetBytes(Wrap(wrapping, "value"))));
    }

    private static string Wrap(string wrapping, string text) => wrapping.Replace("{0}", text, StringComparison.Ordinal);
}
