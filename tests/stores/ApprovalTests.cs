namespace CodeSigning.Stores.Tests;

[Collection(SharedStores.Name)]
public sealed class ApprovalTests(OpenStores stores)
{
    private const string Requests = "/api/v1/pki/approval-requests";

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Pending_request_is_approved_and_its_grant_signs(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var request = store.Fixture.Text("requests", "fresh");

        Assert.Equal("pending", (await (await store.AsAsync("grace")).ApproveAsync(request)).Text("status"));
        var grant = (await (await store.AsAsync("ada")).ApproveAsync(request)).Text("grantId");

        await SignUpToAsync(2, await store.AsAsync("linus"), grant);
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Earlier_vote_counts_beside_a_new_one(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);

        var grant = (await (await store.AsAsync("ada")).ApproveAsync(store.Fixture.Text("requests", "reviewed"))).Text("grantId");

        await SignUpToAsync(2, await store.AsAsync("ci"), grant);
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Expired_request_is_not_approved(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var ada = await store.AsAsync("ada");
        var request = store.Fixture.Text("requests", "expired");

        Assert.Equal("expired", (await ada.GetAsync($"{Requests}/{request}")).Text("status"));
        (await ada.ApproveAsync(request)).Refused("WrongState");
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Pending_edit_of_a_policy_is_approved(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var ada = await store.AsAsync("ada");

        (await ada.ApproveAsync(store.Fixture.Text("requests", "edit", "id"))).Succeeded();

        var policy = (await ada.GetAsync($"/api/v1/pki/signing-policies/{store.Fixture.Text("requests", "edit", "policy")}")).Json;
        Assert.Equal(store.Fixture.Secrets["requests"]!["edit"]!["maxSignings"]!.GetValue<int>(), (int)policy["constraints"]!["maxSignings"]!);
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Policy_detached_by_approval_lets_its_signer_sign(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var signer = store.Fixture.Text("requests", "detach", "signer");
        var ci = await store.AsAsync("ci");
        (await ci.SignAsync(signer, Digests.New())).Refused("ApprovalRequired");

        (await (await store.AsAsync("ada")).ApproveAsync(store.Fixture.Text("requests", "detach", "id"))).Succeeded();

        await ci.SignAndVerifyAsync(signer);
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task New_request_on_an_old_signer_becomes_a_grant(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var linus = await store.AsAsync("linus");

        var request = (await linus.PostAsync(
            "/api/v1/pki/signers/grant-revoked/requests", new { justification = "version 2.0", requestedSignings = 1 })).Text("id");
        (await (await store.AsAsync("ada")).ApproveAsync(request)).Succeeded();

        await linus.SignAndVerifyAsync("grant-revoked");
    }

    private static async Task SignUpToAsync(int signings, Api grantee, string grant)
    {
        for (var use = 0; use < signings; use++)
        {
            Assert.Equal(grant, (await grantee.SignAndVerifyAsync("waiting")).Text("grantId"));
        }

        (await grantee.SignAsync("waiting", Digests.New())).Refused("GrantExhausted");
    }
}
