using System.Text.Json;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Names;

/// <summary>People see a name beside each id.</summary>
[Collection(SharedServer.Collection)]
public sealed class NamesInAnswersTests(SharedServer shared) : IAsyncLifetime
{
    private NamedThings _things = null!;

    private ApiClient Administrator => _things.Administrator;

    public async Task InitializeAsync()
    {
        _things = new NamedThings(await shared.Server.AsAdministratorAsync());
        await _things.UserAsync("ann");
        await _things.GroupAsync("approvers");
        (await Administrator.PostAsync(
            $"/api/v1/groups/{_things.Name("approvers")}/members", new { kind = "user", id = _things.Email("ann") })).Succeeded();
        await _things.IdentityAsync("ci");
        await _things.AuthorityAsync("root");
        await _things.PolicyAsync("release", new { kind = "group", id = _things.Name("approvers") });
        await _things.SignerAsync(
            "signer",
            _things.Name("root"),
            _things.Name("release"),
            new { kind = "identity", id = _things.Name("ci"), role = "operator" });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Lists_show_names_beside_ids()
    {
        var granted = await Administrator.PostAsync(
            $"/api/v1/pki/signers/{_things.Name("signer")}/requests/pre-approve",
            new { grantee = new { kind = "identity", id = _things.Name("ci") }, justification = "night builds" });
        granted.Succeeded();
        await AskAsync();
        (string Path, string Place, string Shown)[] shown =
        [
            ($"pki/signers/{_things.Name("signer")}", "approvalPolicyName", _things.Name("release")),
            ($"pki/signers/{_things.Name("signer")}", "certificateSubject", $"CN={_things.Name("signer")}"),
            ($"pki/signers/{_things.Name("signer")}", "createdBy.name", "Administrator"),
            ($"pki/signers/{_things.Name("signer")}/members", "items.1.name", _things.Name("ci")),
            ($"pki/signers/{_things.Name("signer")}/grants", "items.0.grantee.name", _things.Name("ci")),
            ($"pki/signers/{_things.Name("signer")}/grants", "items.0.createdBy.name", "Administrator"),
            ($"pki/signers/{_things.Name("signer")}/grants", "items.0.signerName", _things.Name("signer")),
            ($"pki/signers/{_things.Name("signer")}/requests", "items.0.policyName", _things.Name("release")),
            ($"pki/signers/{_things.Name("signer")}/requests", "items.0.steps.0.approvers.0.name", _things.Name("approvers")),
            ($"pki/signing-policies/{_things.Name("release")}", "steps.0.approvers.0.name", _things.Name("approvers")),
            ($"pki/signing-policies/{_things.Name("release")}", "createdBy.name", "Administrator"),
            ($"pki/certificates?caId={_things.Name("root")}", "items.0.caName", _things.Name("root")),
            ($"groups/{_things.Name("approvers")}/members", "items.0.name", _things.Name("ann")),
        ];
        foreach (var (path, place, name) in shown)
        {
            Assert.Equal((path, place, name), (path, place, Read(await Administrator.GetAsync($"/api/v1/{path}"), place)));
        }
    }

    [Fact]
    public async Task Repeated_request_shows_the_same_names()
    {
        var body = new { kind = "group", id = _things.Name("approvers"), role = "auditor" };
        var path = $"/api/v1/pki/signers/{_things.Name("signer")}/members";
        var first = await Administrator.PostAsync(path, body, _things.Name("key"));
        Assert.Equal(_things.Name("approvers"), first.Succeeded().Text("name"));
        Assert.Equal(first.BodyText, (await Administrator.PostAsync(path, body, _things.Name("key"))).BodyText);
    }

    [Fact]
    public async Task Machines_are_shown_no_names_of_people()
    {
        var identity = await _things.IdentityAsync("reader");
        (await Administrator.PostAsync(
            $"/api/v1/pki/signers/{_things.Name("signer")}/members",
            new { kind = "identity", id = identity, role = "auditor" })).Succeeded();
        var secret = (await Administrator.PostAsync($"/api/v1/identities/{identity}/client-secrets", new { })).Succeeded();
        var machine = shared.Server.As(await shared.Server.AsNobody().LogInWithSecretAsync(identity, secret.Text("clientSecret")));
        Assert.DoesNotContain(
            "\"name\"", (await machine.GetAsync($"/api/v1/pki/signers/{_things.Name("signer")}/members")).Succeeded().BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_are_numbered_as_messages_count_them()
    {
        var request = await AskAsync();
        Assert.Equal((0, 1), (request.Json.GetProperty("currentStep").GetInt32(), request.Json.GetProperty("currentStepNumber").GetInt32()));
        Assert.Equal(1, request.Json.GetProperty("steps")[0].GetProperty("number").GetInt32());
        var refused = await Administrator.PostAsync($"/api/v1/pki/approval-requests/{request.Text("id")}/approve", new { });
        Assert.Equal(403, refused.Status);
    }

    [Fact]
    public async Task Adding_a_member_again_names_its_role()
    {
        var again = await Administrator.PostAsync(
            $"/api/v1/pki/signers/{_things.Name("signer")}/members",
            new { kind = "identity", id = _things.Name("ci"), role = "auditor" });
        again.Refused(409, "Conflict");
        Assert.Contains("is already a member", again.Text("detail"), StringComparison.Ordinal);
        Assert.Contains("operator", again.Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain("same time", again.Text("title"), StringComparison.Ordinal);
        var inGroup = await Administrator.PostAsync(
            $"/api/v1/groups/{_things.Name("approvers")}/members", new { kind = "user", id = _things.Email("ann") });
        Assert.Contains($"'{_things.Name("ann")}'", inGroup.Refused(409, "Conflict").Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_and_problems_are_readable_as_text()
    {
        var made = await Administrator.PostAsync("/api/v1/groups", new { name = _things.Name("Ärzte's <team> + \"C\"") });
        Assert.Contains(_things.Name("Ärzte's <team> + \\\"C\\\""), made.Succeeded().BodyText, StringComparison.Ordinal);
        var refused = await Administrator.PostAsync("/api/v1/groups", new { });
        Assert.Contains("The field 'name' is missing", refused.Refused(400, "InvalidRequest").BodyText, StringComparison.Ordinal);
        var ca = await Administrator.GetAsync($"/api/v1/pki/ca/{_things.Name("root")}");
        Assert.DoesNotContain("\\u00", ca.BodyText, StringComparison.Ordinal);
        var repeated = new { kind = "user", id = _things.Email("ann"), role = "auditor" };
        var path = $"/api/v1/pki/signers/{_things.Name("signer")}/members";
        await Administrator.PostAsync(path, repeated, _things.Name("key"));
        Assert.DoesNotContain("\\u00", (await Administrator.PostAsync(path, repeated, _things.Name("key"))).BodyText, StringComparison.Ordinal);
    }

    private async Task<ApiAnswer> AskAsync()
    {
        // The first administrator asks, and the policy's approvers are others.
        var path = $"/api/v1/pki/signers/{_things.Name("signer")}/requests";
        return (await Administrator.PostAsync(path, new { justification = "release 1.2" })).Succeeded();
    }

    private static string? Read(ApiAnswer answer, string place)
    {
        var value = answer.Succeeded().Json;
        foreach (var part in place.Split('.'))
        {
            value = int.TryParse(part, out var index) ? value[index]
                : value.TryGetProperty(part, out var member) ? member
                : default;
            if (value.ValueKind == JsonValueKind.Undefined)
            {
                return null;
            }
        }

        return value.GetString();
    }
}
