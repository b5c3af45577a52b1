using CodeSigning.Pages.Tests.Browser;
using CodeSigning.Pages.Tests.Scenes;

namespace CodeSigning.Pages.Tests;

/// <summary>No page of a signer shows or does what its user's token may not: each role as its table says.</summary>
[Collection(PagesFixture.Collection)]
public sealed class SignerRoleTests(PagesFixture pages)
{
    private readonly string _signer = $"r{Guid.NewGuid():n}"[..16];

    private Scene Scene => pages.Scene;

    [Fact]
    public async Task Pages_show_what_the_same_token_may_read()
    {
        (string Page, string Call)[] reads = [("", "operations"), ("/approvals", "grants"), ("/members", "members"), ("/certificate", "certificate"), ("/set-up", "members")];
        foreach (var person in Everybody())
        {
            foreach (var (page, call) in reads)
            {
                var status = (await pages.Server.As(person.Token).GetAsync($"/api/v1/pki/signers/nightly/{call}")).Status;
                Assert.Equal((person.Name, page, status), (person.Name, page, await OpenAsync(person, $"/signers/nightly{page}")));
            }
        }
    }

    [Theory]
    [InlineData("settings", "edit")]
    [InlineData("stop", "manageStatus")]
    [InlineData("pre-approve", "preApprove")]
    public async Task Pages_of_acts_open_for_those_who_may(string page, string action)
    {
        foreach (var person in Everybody())
        {
            var permissions = await pages.Server.As(person.Token).GetAsync("/api/v1/pki/signers/nightly/permissions");
            var expected = permissions.Status == 404 ? 404
                : permissions.Json.GetProperty("actions").EnumerateArray().Any(one => one.GetString() == action) ? 200 : 403;
            Assert.Equal((person.Name, expected), (person.Name, await OpenAsync(person, $"/signers/nightly/{page}")));
        }
    }

    [Theory]
    [InlineData("members", "add", "id=user:{ben}&role=operator", "Dora Eli Ada", "Gus")]
    [InlineData("members", "remove-{member}", "", "Dora Eli Ada", "Gus")]
    [InlineData("members", "change-{member}", "role=administrator", "Dora Eli Ada", "Hanna")]
    [InlineData("settings", "describe", "name={signer}&description=Other", "Dora Eli Ada", "Gus")]
    [InlineData("settings", "policy", "approvalPolicyId={policy}", "Dora Eli Ada", "Gus")]
    [InlineData("settings", "disable", "", "Dora Eli Ada", "Hanna")]
    [InlineData("settings", "delete", "confirmation={signer}", "Dora Eli Ada", "Gus")]
    [InlineData("stop", "stop", "reason=stolen", "Dora Eli Ada", "Gus")]
    [InlineData("pre-approve", "pre-approve", "grantee.id=user:{ada}&justification=why&requestedSignings=1&requestedWindowDuration=1h", "Dora Eli Ada Hanna", "Gus")]
    [InlineData("certificate", "bind", "certificateId={certificate}", "Dora Eli Ada Gus", "Hanna")]
    [InlineData("set-up", "secret", "identity={machine}&ttl=1d", "Dora Eli Ada Gus", "Hanna")]
    public async Task Forms_act_for_those_who_may(string page, string form, string fields, string refused, string allowed)
    {
        await Scene.NewOpenSignerAsync(_signer, policy: page == "pre-approve" ? await PolicyAsync() : null);
        var (name, filled) = (await FillAsync(form), await FillAsync(fields));
        var before = await DescribeAsync();
        foreach (var person in refused.Split(' ').Select(Find))
        {
            Assert.InRange(await SendAsync(person, page, name, filled), 400, 404);
        }

        Assert.Equal(before, await DescribeAsync());
        Assert.InRange(await SendAsync(Find(allowed), page, name, filled), 200, 302);
        Assert.NotEqual(before, await DescribeAsync());
    }

    [Fact]
    public async Task Requests_and_revocations_are_for_those_who_may()
    {
        await Scene.NewOpenSignerAsync(_signer, policy: await PolicyAsync());
        var grant = await Scene.PreApproveAsync(_signer);
        foreach (var person in new[] { Scene.Dora, Scene.Eli, Scene.Hanna })
        {
            Assert.InRange(await SendAsync(person, "request", "request", "justification=why"), 400, 404);
        }

        foreach (var person in new[] { Scene.Dora, Scene.Eli, Scene.Ada })
        {
            Assert.InRange(await SendAsync(person, "approvals", $"revoke-{grant}", "reason=why"), 400, 404);
        }

        Assert.Equal(302, await SendAsync(Scene.Ada, "request", "request", "justification=why"));
        (await Scene.SignAsync(Scene.Ada, _signer)).Succeeded();
        Assert.Equal(302, await SendAsync(Scene.Hanna, "approvals", $"revoke-{grant}", "reason=why"));
        (await Scene.SignAsync(Scene.Ada, _signer)).Refused(403, "GrantRevoked");
    }

    [Fact]
    public async Task Wizard_posted_by_hand_makes_no_signer()
    {
        var certificate = (await Scene.Administrator.GetAsync("/api/v1/pki/signers/nightly")).Succeeded().Text("certificateId");
        foreach (var person in new[] { Scene.Dora, Scene.Ada, Scene.Gus })
        {
            var status = await FormPost.SendAsync(
                pages.Server.Http, person.Token, "/signers/new", "new", ("name", _signer), ("source", "existing"), ("certificateId", certificate));
            Assert.Equal(403, status);
        }

        (await Scene.Administrator.GetAsync($"/api/v1/pki/signers/{_signer}")).Refused(404, "NotFound");
    }

    private Person[] Everybody() => [Scene.Dora, Scene.Eli, Scene.Ada, Scene.Gus, Scene.Hanna];

    private Person Find(string name) => Everybody().Single(person => person.Name.StartsWith(name, StringComparison.Ordinal));

    private async Task<string> PolicyAsync() =>
        (await Scene.Administrator.GetAsync("/api/v1/pki/signers/release")).Succeeded().Text("approvalPolicyId");

    private Task<int> OpenAsync(Person person, string path) => FormPost.OpenAsync(pages.Server.Http, person.Token, path);

    private Task<int> SendAsync(Person person, string page, string form, string fields) => FormPost.SendAsync(
        pages.Server.Http, person.Token, $"/signers/{_signer}/{page}", form,
        [.. fields.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(field => field.Split('=', 2)).Select(field => (field[0], field[1]))]);

    /// <summary>The signer with its members and grants, and the secrets of its machine identity.</summary>
    private async Task<string> DescribeAsync()
    {
        string[] paths = [$"pki/signers/{_signer}", $"pki/signers/{_signer}/members", $"pki/signers/{_signer}/grants", $"identities/{Scene.Machine}/client-secrets"];
        List<string> answers = [];
        foreach (var path in paths)
        {
            answers.Add((await Scene.Administrator.GetAsync($"/api/v1/{path}")).BodyText);
        }

        return string.Join('\n', answers);
    }

    private async Task<string> FillAsync(string text)
    {
        var members = (await Scene.Administrator.GetAsync($"/api/v1/pki/signers/{_signer}/members")).Succeeded();
        var member = members.Json.GetProperty("items").EnumerateArray().First(one => one.GetProperty("id").GetString() == Scene.Eli.Id);
        var release = (await Scene.Administrator.GetAsync("/api/v1/pki/signers/release")).Succeeded();
        return text.Replace("{member}", member.GetProperty("memberId").GetString(), StringComparison.Ordinal)
            .Replace("{signer}", _signer, StringComparison.Ordinal)
            .Replace("{ben}", Scene.Ben.Id, StringComparison.Ordinal)
            .Replace("{ada}", Scene.Ada.Id, StringComparison.Ordinal)
            .Replace("{machine}", Scene.Machine, StringComparison.Ordinal)
            .Replace("{policy}", release.Text("approvalPolicyId"), StringComparison.Ordinal)
            .Replace("{certificate}", release.Text("certificateId"), StringComparison.Ordinal);
    }
}
