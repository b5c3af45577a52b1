using System.Text.Json;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Names;

/// <summary>Wherever an id is taken, the name that people know is taken too.</summary>
[Collection(SharedServer.Collection)]
public sealed class NamesInRequestsTests(SharedServer shared) : IAsyncLifetime
{
    private NamedThings _things = null!;

    private ApiClient Administrator => _things.Administrator;

    public async Task InitializeAsync() => _things = new NamedThings(await shared.Server.AsAdministratorAsync());

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Paths_take_names_in_place_of_ids()
    {
        var group = await _things.GroupAsync("release approvers");
        var identity = await _things.IdentityAsync("ci");
        var user = await _things.UserAsync("ann");
        var ca = await _things.AuthorityAsync("root");
        var policy = await _things.PolicyAsync("release", new { kind = "user", id = user });
        (string Path, string Id)[] paths =
        [
            ($"groups/{Uri.EscapeDataString(_things.Name("release approvers"))}", group), ($"identities/{_things.Name("ci")}", identity),
            ($"users/{_things.Email("ann").ToUpperInvariant()}", user), ($"pki/ca/{_things.Name("root")}", ca),
            ($"pki/signing-policies/{_things.Name("release")}", policy),
        ];
        foreach (var (path, id) in paths)
        {
            Assert.Equal(id, (await Administrator.GetAsync($"/api/v1/{path}")).Succeeded().Text("id"));
        }

        (await shared.Server.AsNobody().GetAsync($"/api/v1/pki/ca/{_things.Name("root")}/certificate")).Succeeded();
        (await Administrator.PatchAsync($"/api/v1/identities/{_things.Name("ci")}", new { description = "builds" })).Succeeded();
    }

    [Fact]
    public async Task Name_and_id_are_one_idempotent_request()
    {
        var group = await _things.GroupAsync("team");
        var user = await _things.UserAsync("ann");
        var body = new { kind = "user", id = user };
        var first = await Administrator.PostAsync($"/api/v1/groups/{_things.Name("team")}/members", body, _things.Name("key"));
        var again = await Administrator.PostAsync($"/api/v1/groups/{group}/members", body, _things.Name("key"));
        Assert.Equal(first.Succeeded().BodyText, again.Succeeded().BodyText);
    }

    [Fact]
    public async Task Unknown_names_in_paths_are_not_found()
    {
        foreach (var path in new[] { "groups", "identities", "users", "pki/ca", "pki/signing-policies" })
        {
            (await Administrator.GetAsync($"/api/v1/{path}/{_things.Name("nobody")}")).Refused(404, "NotFound");
            (await Administrator.GetAsync($"/api/v1/{path}/{new string('x', 2000)}")).Refused(404, "NotFound");
        }
    }

    [Fact]
    public async Task Bodies_take_names_in_place_of_ids()
    {
        var user = await _things.UserAsync("ann");
        var group = await _things.GroupAsync("approvers");
        var identity = await _things.IdentityAsync("ci");
        var ca = await _things.AuthorityAsync("root");
        var added = await Administrator.PostAsync(
            $"/api/v1/groups/{_things.Name("approvers")}/members", new { kind = "user", id = _things.Email("ann") });
        Assert.Equal(user, added.Succeeded().Text("id"));
        var policy = await _things.PolicyAsync("release", new { kind = "group", id = _things.Name("approvers") });
        var signer = await _things.SignerAsync(
            "signer", _things.Name("root"), _things.Name("release"), new { kind = "identity", id = _things.Name("ci"), role = "operator" });
        Assert.Equal(policy, signer.Text("approvalPolicyId"));
        var read = await Administrator.GetAsync($"/api/v1/pki/signing-policies/{policy}");
        Assert.Equal(group, read.Json.GetProperty("steps")[0].GetProperty("approvers")[0].GetProperty("id").GetString());
        var members = await Administrator.GetAsync($"/api/v1/pki/signers/{_things.Name("signer")}/members");
        Assert.Contains(identity, members.BodyText, StringComparison.Ordinal);
        Assert.Equal(ca, (await Administrator.PostAsync(
            "/api/v1/pki/ca",
            new { commonName = "issuing", keyAlgorithm = "EC_P256", ttlDays = 3, parentId = _things.Name("root") })).Succeeded().Text("parentId"));
        var granted = await Administrator.PostAsync(
            $"/api/v1/pki/signers/{_things.Name("signer")}/requests/pre-approve",
            new { grantee = new { kind = "identity", id = _things.Name("ci") }, justification = "night builds" });
        Assert.Equal(identity, granted.Succeeded().Json.GetProperty("grantee").GetProperty("id").GetString());
        (await Administrator.PatchAsync(
            $"/api/v1/pki/signers/{_things.Name("signer")}", new { approvalPolicyId = _things.Name("release") })).Succeeded();
    }

    [Fact]
    public async Task Filters_take_names_in_place_of_ids()
    {
        await _things.AuthorityAsync("root");
        await _things.AuthorityAsync("issuing", _things.Name("root"));
        var signer = await _things.SignerAsync("signer", _things.Name("issuing"));
        var children = await Administrator.GetAsync($"/api/v1/pki/ca?parentId={_things.Name("root")}");
        Assert.Equal(_things.Name("issuing"), children.Json.GetProperty("items")[0].GetProperty("commonName").GetString());
        var issued = await Administrator.GetAsync($"/api/v1/pki/certificates?caId={_things.Name("issuing")}");
        Assert.Equal(signer.Text("certificateId"), issued.Json.GetProperty("items")[0].GetProperty("id").GetString());
        var acts = await Administrator.GetAsync($"/api/v1/pki/signers/{_things.Name("signer")}/operations?actor=admin@localhost");
        Assert.Equal(1, acts.Succeeded().Json.GetProperty("items").GetArrayLength());
        (await Administrator.GetAsync($"/api/v1/pki/signers/{_things.Name("signer")}/operations?actor=nobody@localhost")).Refused(404, "NotFound");
        (await Administrator.GetAsync($"/api/v1/pki/signers/{_things.Name("signer")}/operations?actor=%00")).Refused(404, "NotFound");
    }

    [Fact]
    public async Task Members_are_removed_by_id_name_or_address()
    {
        var user = await _things.UserAsync("ann");
        var identity = await _things.IdentityAsync("ci");
        await _things.GroupAsync("team");
        var ca = await _things.AuthorityAsync("root");
        await _things.SignerAsync("signer", ca);
        foreach (var members in new[] { $"/api/v1/groups/{_things.Name("team")}/members", $"/api/v1/pki/signers/{_things.Name("signer")}/members" })
        {
            foreach (var named in new[] { user, _things.Email("ann"), _things.Name("ann") })
            {
                (await Administrator.PostAsync(members, Member("user", user, members))).Succeeded();
                Assert.Equal(204, (await Administrator.DeleteAsync($"{members}/{named}")).Status);
                (await Administrator.DeleteAsync($"{members}/{named}")).Refused(404, "NotFound");
            }

            (await Administrator.PostAsync(members, Member("identity", identity, members))).Succeeded();
            Assert.Equal(204, (await Administrator.DeleteAsync($"{members}/{_things.Name("ci")}")).Status);
        }

        var member = await Administrator.PostAsync(
            $"/api/v1/pki/signers/{_things.Name("signer")}/members", new { kind = "user", id = user, role = "auditor" });
        var changed = await Administrator.PatchAsync(
            $"/api/v1/pki/signers/{_things.Name("signer")}/members/{_things.Email("ann")}", new { role = "operator" });
        Assert.Equal(member.Text("memberId"), changed.Succeeded().Text("memberId"));
        Assert.Equal(204, (await Administrator.DeleteAsync(
            $"/api/v1/pki/signers/{_things.Name("signer")}/members/{member.Text("memberId")}")).Status);
    }

    [Fact]
    public async Task Name_of_several_members_is_refused()
    {
        await _things.IdentityAsync("team");
        await _things.GroupAsync("team");
        await _things.SignerAsync(
            "signer",
            await _things.AuthorityAsync("root"),
            null,
            new { kind = "identity", id = _things.Name("team"), role = "operator" },
            new { kind = "group", id = _things.Name("team"), role = "operator" });
        var refused = await Administrator.DeleteAsync($"/api/v1/pki/signers/{_things.Name("signer")}/members/{_things.Name("team")}");
        Assert.Contains("give the id", refused.Refused(400, "InvalidRequest").Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Common_name_of_several_CAs_is_refused()
    {
        await _things.AuthorityAsync("root");
        await _things.AuthorityAsync("root");
        var refused = await Administrator.GetAsync($"/api/v1/pki/ca/{_things.Name("root")}");
        Assert.Contains("give the id", refused.Refused(400, "InvalidRequest").Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caller_without_lookup_right_cannot_use_names()
    {
        await _things.GroupAsync("team");
        var ann = await _things.UserAsync("ann");
        var identity = await _things.IdentityAsync("ci");
        var secret = (await Administrator.PostAsync($"/api/v1/identities/{identity}/client-secrets", new { })).Succeeded();
        var machine = shared.Server.As(await shared.Server.AsNobody().LogInWithSecretAsync(identity, secret.Text("clientSecret")));
        (await machine.GetAsync($"/api/v1/groups/{_things.Name("team")}")).Refused(403, "Forbidden");
        (await machine.GetAsync($"/api/v1/groups/{_things.Name("no team")}")).Refused(403, "Forbidden");
        Assert.Equal(identity, (await machine.GetAsync($"/api/v1/identities/{_things.Name("ci")}")).Succeeded().Text("id"));
        var person = shared.Server.As(await shared.Server.AsNobody().LogInAsync(_things.Email("ann"), NamedThings.Password));
        (await person.GetAsync($"/api/v1/users/{_things.Email("ann")}")).Refused(403, "Forbidden");
        (await person.GetAsync($"/api/v1/pki/ca/{_things.Name("no ca")}")).Refused(403, "Forbidden");
        Assert.Equal(ann, (await person.GetAsync($"/api/v1/users/{ann}")).Succeeded().Text("id"));
    }

    [Fact]
    public async Task Policy_can_be_sent_back_as_read()
    {
        await _things.UserAsync("ann");
        await _things.PolicyAsync("release", new { kind = "user", id = _things.Email("ann") });
        var path = $"/api/v1/pki/signing-policies/{_things.Name("release")}";
        var read = (await Administrator.GetAsync(path)).Json;
        var written = await Administrator.PutAsync(path, new
        {
            name = read.GetProperty("name").GetString(),
            constraints = read.GetProperty("constraints"),
            steps = read.GetProperty("steps"),
        });
        Assert.True(JsonElement.DeepEquals(read.GetProperty("steps"), written.Succeeded().Json.GetProperty("steps")));
    }

    private static object Member(string kind, string id, string members) =>
        members.Contains("/groups/", StringComparison.Ordinal) ? new { kind, id } : new { kind, id, role = "operator" };
}
