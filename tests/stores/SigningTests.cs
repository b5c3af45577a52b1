namespace CodeSigning.Stores.Tests;

[Collection(SharedStores.Name)]
public sealed class SigningTests(OpenStores stores)
{
    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Free_signers_make_signatures_that_their_certificates_verify(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var ci = await store.AsAsync("ci");

        foreach (var (signer, algorithm) in store.Fixture.Pairs("free"))
        {
            await ci.SignAndVerifyAsync(signer, algorithm);
        }
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Grant_gives_exactly_its_remaining_signatures(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var ci = await store.AsAsync("ci");

        foreach (var (signer, grant) in store.Fixture.Pairs("grants"))
        {
            var view = (await ci.GetAsync($"/api/v1/pki/grants/{grant}")).Json;
            var left = view["maxSignings"]!.GetValue<int>() - view["used"]!.GetValue<int>();
            Assert.InRange(left, 2, 3);
            for (var use = 0; use < left; use++)
            {
                Assert.Equal(grant, (await ci.SignAndVerifyAsync(signer)).Text("grantId"));
            }

            (await ci.SignAsync(signer, Digests.New())).Refused("GrantExhausted");
        }
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Denied_signatures_are_denied_for_the_same_reason(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var ci = await store.AsAsync("ci");

        foreach (var (signer, code) in store.Fixture.Pairs("denials"))
        {
            (await ci.SignAsync(signer, Digests.New())).Refused(code);
        }
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Name_ever_taken_stays_taken(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);
        var administrator = await store.AsAsync("administrator");
        var signers = (await administrator.GetAsync("/api/v1/pki/signers")).Json["items"]!.AsArray();
        var certificateId = signers.First(signer => (string)signer!["status"]! == "active")!["certificateId"]!.GetValue<string>();

        foreach (var name in store.Fixture.List("takenNames"))
        {
            (await administrator.PostAsync("/api/v1/pki/signers", new { name, certificateId })).Refused("NameTaken");
        }
    }
}
