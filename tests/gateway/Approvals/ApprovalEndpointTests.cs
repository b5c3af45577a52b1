using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CodeSigning.Gateway.Tests.Auth;

namespace CodeSigning.Gateway.Tests.Approvals;

/// <summary>The contract's section "Policies, requests, grants", asked over HTTP.</summary>
public sealed class ApprovalEndpointTests : ApprovalGateway
{
    [Fact]
    public async Task Denied_signer_signs_after_approval_up_to_its_quota()
    {
        var denied = await Machine.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 403);
        Assert.Equal("ApprovalRequired", (string)denied["code"]!);
        var scope = denied["request"]!["scope"]!.DeepClone();

        var request = await Machine.PostAsync(
            $"/pki/signers/{SignerId}/requests", new { justification = "release 1.2", requestedSignings = 1, scope });
        Assert.Equal("pending", (string)request["status"]!);
        var approved = await Ann.PostAsync($"/pki/approval-requests/{Id(request)}/approve", new { comment = "fine" }, 200);
        Assert.Equal("approved", (string)approved["status"]!);
        Assert.Equal("fine", (string)approved["steps"]![0]!["votes"]![0]!["comment"]!);

        var signed = await Machine.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 200);
        Assert.Equal((string)approved["grantId"]!, (string)signed["grantId"]!);
        var grant = await Machine.GetAsync($"/pki/grants/{approved["grantId"]}", 200);
        Assert.Equal(("exhausted", 1), ((string)grant["status"]!, (int)grant["used"]!));
        var again = await Machine.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 403);
        Assert.Equal("GrantExhausted", (string)again["code"]!);
    }

    [Fact]
    public async Task Approval_needs_no_body_and_rejection_needs_a_comment()
    {
        using var approve = await Ann.PostAsync($"/api/v1/pki/approval-requests/{await AskAsync()}/approve", null);
        Assert.Equal("approved", (string)(await approve.ReadAsync(200))["status"]!);
        var requestId = await AskAsync();
        using var mute = await Ann.PostAsync($"/api/v1/pki/approval-requests/{requestId}/reject", null);
        Assert.Equal("InvalidRequest", (string)(await mute.ReadAsync(400))["code"]!);
        var rejected = await Ann.PostAsync($"/pki/approval-requests/{requestId}/reject", new { comment = "not today" }, 200);
        Assert.Equal("rejected", (string)rejected["status"]!);
        var late = await Ann.PostAsync($"/pki/approval-requests/{requestId}/approve", new { }, 409);
        Assert.Equal("WrongState", (string)late["code"]!);
    }

    [Fact]
    public async Task Requesters_cannot_vote_on_their_requests_and_strangers_find_none()
    {
        var requestId = await AskAsync();
        using var stranger = await SignInNewAsync("stranger@example.com");
        await stranger.GetAsync($"/pki/approval-requests/{requestId}", 404);
        await stranger.PostAsync($"/pki/approval-requests/{requestId}/approve", new { }, 404);
        var own = await Machine.PostAsync($"/pki/approval-requests/{requestId}/approve", new { }, 403);
        Assert.Equal("Forbidden", (string)own["code"]!);
        var maker = await Administrator.PostAsync($"/pki/approval-requests/{requestId}/approve", new { }, 403);
        Assert.Equal("SelfApproval", (string)maker["code"]!);
        await Machine.GetAsync("/pki/approval-requests/req_0", 404);
    }

    [Fact]
    public async Task Client_waits_until_the_request_changes()
    {
        var requestId = await AskAsync();
        var waiting = Machine.GetAsync($"/pki/approval-requests/{requestId}?wait=60s", 200);
        await Ann.PostAsync($"/pki/approval-requests/{requestId}/approve", new { }, 200);
        Assert.Equal("approved", (string)(await waiting.WaitAsync(TimeSpan.FromSeconds(30)))["status"]!);
        Assert.Equal("approved", (string)(await Machine.GetAsync($"/pki/approval-requests/{requestId}?wait=60s", 200))["status"]!);
    }

    [Fact]
    public async Task Client_whose_wait_ends_gets_the_unchanged_request()
    {
        var requestId = await AskAsync();
        Assert.Equal("pending", (string)(await Machine.GetAsync($"/pki/approval-requests/{requestId}?wait=1s", 200))["status"]!);
        await Machine.GetAsync($"/pki/approval-requests/{requestId}?wait=61s", 400);
        await Machine.GetAsync($"/pki/approval-requests/{requestId}?wait=soon", 400);
    }

    [Fact]
    public async Task Signature_waits_for_the_decision_within_its_call()
    {
        var requestId = await AskAsync();
        var signing = Machine.PostAsync($"/pki/signers/{SignerId}/sign?wait=60s", Sign(), 200);
        await Ann.PostAsync($"/pki/approval-requests/{requestId}/approve", new { }, 200);
        Assert.NotNull((string?)(await signing.WaitAsync(TimeSpan.FromSeconds(30)))["grantId"]);
    }

    [Fact]
    public async Task Signature_stops_waiting_without_pending_request_or_after_rejection()
    {
        await Machine.PostAsync($"/pki/signers/{SignerId}/sign?wait=60s", Sign(), 403).WaitAsync(TimeSpan.FromSeconds(30));
        var requestId = await AskAsync();
        var signing = Machine.PostAsync($"/pki/signers/{SignerId}/sign?wait=60s", Sign(), 403);
        await Ann.PostAsync($"/pki/approval-requests/{requestId}/reject", new { comment = "no" }, 200);
        Assert.Equal("ApprovalRequired", (string)(await signing.WaitAsync(TimeSpan.FromSeconds(30)))["code"]!);
    }

    [Fact]
    public async Task Requests_are_listed_for_their_approvers()
    {
        var first = await AskAsync();
        var second = await AskAsync();
        await Ann.PostAsync($"/pki/approval-requests/{first}/reject", new { comment = "no" }, 200);
        Assert.Equal([second], await IdsAsync(Ann, "/pki/approval-requests?assignedToMe=true"));
        Assert.Equal([second], await IdsAsync(Ann, "/pki/approval-requests?assignedToMe=true&status=pending"));
        Assert.Empty(await IdsAsync(Ann, "/pki/approval-requests?assignedToMe=true&status=rejected"));
        Assert.Equal([first], await IdsAsync(Machine, "/pki/approval-requests?status=rejected"));
        Assert.Empty(await IdsAsync(Machine, "/pki/approval-requests?assignedToMe=true"));
        Assert.Equal([second, first], await IdsAsync(Administrator, "/pki/approval-requests"));
        Assert.Equal([second], await IdsAsync(Machine, $"/pki/signers/{SignerId}/requests?status=pending&limit=100"));
        using var stranger = await SignInNewAsync("stranger@example.com");
        Assert.Empty(await IdsAsync(stranger, "/pki/approval-requests"));
        await stranger.GetAsync($"/pki/signers/{SignerId}/requests", 404);
        await Ann.GetAsync("/pki/approval-requests?status=new", 400);

        var page = await Ann.GetAsync("/pki/approval-requests?limit=1", 200);
        Assert.Equal([first], await IdsAsync(Ann, $"/pki/approval-requests?limit=1&cursor={page["next"]}"));
    }

    [Fact]
    public async Task Assigned_requests_wait_for_the_callers_vote_now()
    {
        var bobId = await CreateUserAsync("bob@example.com");
        using var bob = await Gateway.SignInAsync("bob@example.com", Password);
        var policy = Id(await Administrator.PostAsync("/pki/signing-policies", new
        {
            name = "two steps",
            constraints = new { maxSignings = 1 },
            steps = new[]
            {
                new { approvers = new[] { new { kind = "user", id = AnnId } }, requiredApprovals = 1 },
                new { approvers = new[] { new { kind = "user", id = bobId } }, requiredApprovals = 1 },
            },
        }));
        var signer = await CreateSignerAsync("two-steps", policy);
        var request = Id(await Machine.PostAsync($"/pki/signers/{signer}/requests", new { justification = "release 1.2" }));
        const string Assigned = "/pki/approval-requests?assignedToMe=true";
        Assert.Equal([request], await IdsAsync(Ann, Assigned));
        Assert.Empty(await IdsAsync(bob, Assigned));
        Assert.Empty(await IdsAsync(Administrator, Assigned));

        var voted = await Ann.PostAsync($"/pki/approval-requests/{request}/approve", new { }, 200);
        Assert.Equal((1, 2), ((int)voted["currentStep"]!, (int)voted["currentStepNumber"]!));
        Assert.Empty(await IdsAsync(Ann, Assigned));
        Assert.Equal([request], await IdsAsync(bob, Assigned));
        var refused = await Ann.PostAsync($"/pki/approval-requests/{request}/approve", new { }, 403);
        Assert.Contains("step 2 of 2", (string)refused["detail"]!, StringComparison.Ordinal);

        var done = await bob.PostAsync($"/pki/approval-requests/{request}/approve", new { }, 200);
        Assert.Null(done["currentStepNumber"]);
        Assert.Empty(await IdsAsync(bob, Assigned));
    }

    [Fact]
    public async Task Requests_are_listed_for_approvers_through_a_group()
    {
        var bobId = await CreateUserAsync("bob@example.com");
        using var bob = await Gateway.SignInAsync("bob@example.com", Password);
        var groupId = Id(await Administrator.PostAsync("/groups", new { name = "team" }));
        await Administrator.PostAsync($"/groups/{groupId}/members", new { kind = "user", id = bobId });
        var policyId = Id(await Administrator.PostAsync("/pki/signing-policies", new
        {
            name = "by group",
            constraints = new { maxSignings = 1 },
            steps = new[] { new { approvers = new[] { new { kind = "group", id = groupId } }, requiredApprovals = 1 } },
        }));
        var signerId = await CreateSignerAsync("grouped", policyId);
        var requestId = Id(await Machine.PostAsync($"/pki/signers/{signerId}/requests", new { justification = "x" }));
        Assert.Equal([requestId], await IdsAsync(bob, "/pki/approval-requests?assignedToMe=true"));
        await bob.PostAsync($"/pki/approval-requests/{requestId}/approve", new { }, 200);
        await Administrator.DeleteAsync($"/groups/{groupId}/members/{bobId}", 204);
        Assert.Empty(await IdsAsync(bob, "/pki/approval-requests?assignedToMe=true"));
    }

    [Fact]
    public async Task Same_idempotency_key_opens_one_request()
    {
        async Task<string> AskWithKeyAsync(string key)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/pki/signers/{SignerId}/requests");
            message.Headers.Add("Idempotency-Key", key);
            message.Content = JsonContent.Create(new { justification = "release 1.2" });
            using var response = await Machine.SendAsync(message);
            return Id(await response.ReadAsync(201));
        }

        var first = await AskWithKeyAsync("build-7");
        Assert.Equal(first, await AskWithKeyAsync("build-7"));
        Assert.NotEqual(first, await AskWithKeyAsync("build-8"));
    }

    [Fact]
    public async Task Policies_are_created_read_replaced_and_deleted()
    {
        var policy = await Ann.GetAsync($"/pki/signing-policies/{PolicyId}", 200);
        Assert.Equal(("release", "7d", false), ((string)policy["name"]!, (string)policy["maxRequestTtl"]!, (bool)policy["guarded"]!));
        await Machine.GetAsync("/pki/signing-policies", 403);
        await Ann.PostAsync("/pki/signing-policies", Policy("mine"), 403);
        Assert.Equal("NameTaken", (string)(await Administrator.PostAsync("/pki/signing-policies", Policy("release"), 409))["code"]!);
        Assert.Equal(
            "NoConstraint",
            (string)(await Administrator.PostAsync(
                "/pki/signing-policies", new { name = "x", constraints = new { }, steps = Array.Empty<object>() }, 400))["code"]!);
        await Administrator.PostAsync("/pki/signing-policies", new { name = "x", constraints = new { maxSignings = 1 } }, 400);

        var other = Id(await Administrator.PostAsync("/pki/signing-policies", Policy("other")));
        await Administrator.PutAsync($"/pki/signing-policies/{other}", Policy("third", 5));
        Assert.Equal(2, (await Ann.GetAsync("/pki/signing-policies", 200))["items"]!.AsArray().Count);
        await Administrator.DeleteAsync($"/pki/signing-policies/{other}", 204);
        await Administrator.DeleteAsync($"/pki/signing-policies/{PolicyId}", 409);
        await Ann.GetAsync($"/pki/signing-policies/{other}", 404);
    }

    [Fact]
    public async Task Loosening_a_used_policy_waits_for_approval()
    {
        await Ann.PostAsync($"/pki/approval-requests/{await AskAsync()}/approve", new { }, 200);
        var pending = await Administrator.PutAsync($"/pki/signing-policies/{PolicyId}", Policy("release", 5));
        Assert.Equal(1, (int)pending["constraints"]!["maxSignings"]!);
        var requestId = (string)pending["pendingChangeRequestId"]!;
        var request = await Ann.GetAsync($"/pki/approval-requests/{requestId}", 200);
        Assert.Equal("policyEdit", (string)request["kind"]!);
        await Machine.GetAsync($"/pki/approval-requests/{requestId}", 404);
        await Ann.PostAsync($"/pki/approval-requests/{requestId}/approve", new { }, 200);
        var changed = await Ann.GetAsync($"/pki/signing-policies/{PolicyId}", 200);
        Assert.Equal(5, (int)changed["constraints"]!["maxSignings"]!);

        var signer = await Administrator.PatchAsync($"/pki/signers/{SignerId}", new JsonObject { ["approvalPolicyId"] = null });
        Assert.Equal(PolicyId, (string)signer["approvalPolicyId"]!);
        Assert.NotNull((string?)signer["pendingPolicyRequestId"]);
        await Machine.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 200);
        await Machine.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 403);
    }

    [Fact]
    public async Task Grants_are_preapproved_listed_and_revoked()
    {
        var body = new { grantee = new { kind = "user", id = AnnId }, justification = "night shift" };
        await Administrator.PostAsync($"/pki/signers/{SignerId}/requests/pre-approve", body, 400);
        await Administrator.PostAsync($"/pki/signers/{SignerId}/members", new { kind = "user", id = AnnId, role = "operator" });
        var grant = await Administrator.PostAsync($"/pki/signers/{SignerId}/requests/pre-approve", body);
        Assert.Equal([Id(grant)], await IdsAsync(Machine, $"/pki/signers/{SignerId}/grants"));
        await Ann.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 200);
        await Ann.PostAsync($"/pki/grants/{Id(grant)}/revoke", new { reason = "mine" }, 403);

        var second = Id(await Administrator.PostAsync($"/pki/signers/{SignerId}/requests/pre-approve", body));
        var revoked = await Administrator.PostAsync($"/pki/grants/{second}/revoke", new { reason = "over" }, 200);
        Assert.Equal(("revoked", "over"), ((string)revoked["status"]!, (string)revoked["revocationReason"]!));
        await Ann.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 403);
        await Machine.GetAsync($"/pki/grants/{second}", 200);
        using var stranger = await SignInNewAsync("stranger@example.com");
        await stranger.GetAsync($"/pki/grants/{second}", 404);
    }

    [Fact]
    public async Task Emergency_stop_revokes_grants_cancels_requests_and_lists_signatures()
    {
        var approved = await Ann.PostAsync($"/pki/approval-requests/{await AskAsync()}/approve", new { }, 200);
        var signed = await Machine.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 200);
        var second = await Ann.PostAsync($"/pki/approval-requests/{await AskAsync()}/approve", new { }, 200);
        var pending = await AskAsync();
        await Machine.PostAsync($"/pki/signers/{SignerId}/stop", new { reason = "stolen" }, 403);

        var report = await Administrator.PostAsync($"/pki/signers/{SignerId}/stop", new { reason = "stolen" }, 200);
        Assert.Equal("disabled", (string)report["signer"]!["status"]!);
        Assert.Contains((string)second["grantId"]!, report["revokedGrants"]!.AsArray().Select(id => (string)id!));
        Assert.NotNull(report["signersWithSameKey"]!.AsArray());
        Assert.Equal([pending], report["cancelledRequests"]!.AsArray().Select(id => (string)id!));
        var entry = Assert.Single(report["signatures"]!.AsArray());
        Assert.Equal((string)signed["operationId"]!, (string)entry!["operationId"]!);
        Assert.Equal((string)approved["grantId"]!, (string)entry["grantId"]!);

        Assert.Equal("cancelled", (string)(await Machine.GetAsync($"/pki/approval-requests/{pending}", 200))["status"]!);
        Assert.Equal("revoked", (string)(await Machine.GetAsync($"/pki/grants/{second["grantId"]}", 200))["status"]!);
        Assert.Equal("SignerDisabled", (string)(await Machine.PostAsync($"/pki/signers/{SignerId}/sign", Sign(), 400))["code"]!);
    }

    private async Task<HttpClient> SignInNewAsync(string email)
    {
        await CreateUserAsync(email);
        return await Gateway.SignInAsync(email, Password);
    }

    private static async Task<string[]> IdsAsync(HttpClient client, string path) =>
        [.. (await client.GetAsync(path, 200))["items"]!.AsArray().Select(item => Id(item!))];
}
