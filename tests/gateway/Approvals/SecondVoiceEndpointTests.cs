using CodeSigning.Gateway.Tests.Auth;

namespace CodeSigning.Gateway.Tests.Approvals;

/// <summary>An administrator who would vote as an approver, or have one of their own vote, over HTTP.</summary>
public sealed class SecondVoiceEndpointTests : ApprovalGateway
{
    [Fact]
    public async Task Administrator_cannot_set_an_approvers_password_or_address()
    {
        var refusal = await Administrator.PatchAsync($"/users/{AnnId}", new { password = "known to the administrator" }, 409);
        Assert.Equal("WrongState", (string)refusal["code"]!);
        Assert.Contains("password-reset", (string)refusal["detail"]!, StringComparison.Ordinal);
        await Administrator.PatchAsync($"/users/{AnnId}", new { email = "attacker@example.com" }, 409);
        await Gateway.SignInAsync("ann@example.com", Password);
    }

    [Fact]
    public async Task New_approver_waits_and_the_answer_names_the_request()
    {
        var group = Id(await Administrator.PostAsync("/groups", new { name = "approvers" }));
        await Administrator.PostAsync($"/groups/{group}/members", new { kind = "user", id = AnnId });
        var policy = Id(await Administrator.PostAsync("/pki/signing-policies", new
        {
            name = "by group",
            constraints = new { maxSignings = 1 },
            steps = new[] { new { approvers = new[] { new { kind = "group", id = group } }, requiredApprovals = 1 } },
        }));
        var signer = await CreateSignerAsync("grouped", policy);
        var asked = Id(await Machine.PostAsync($"/pki/signers/{signer}/requests", new { justification = "release" }));
        await Ann.PostAsync($"/pki/approval-requests/{asked}/approve", new { }, 200);

        var puppet = await CreateUserAsync("puppet@example.com");
        var member = await Administrator.PostAsync($"/groups/{group}/members", new { kind = "user", id = puppet }, 202);
        var request = (string)member["pendingRequestId"]!;
        var members = await Administrator.GetAsync($"/groups/{group}/members", 200);
        Assert.Single(members["items"]!.AsArray());

        var waiting = await Ann.GetAsync("/pki/approval-requests?assignedToMe=true&status=pending", 200);
        Assert.Equal("groupMember", (string)Assert.Single(waiting["items"]!.AsArray())!["kind"]!);
        await Ann.PostAsync($"/pki/approval-requests/{request}/approve", new { }, 200);
        members = await Administrator.GetAsync($"/groups/{group}/members", 200);
        Assert.Equal(2, members["items"]!.AsArray().Count);
    }
}
