namespace CodeSigning.Stores.Tests;

[Collection(SharedStores.Name)]
public sealed class LoginTests(OpenStores stores)
{
    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task People_and_machines_log_in_with_their_old_credentials(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);

        foreach (var name in new[] { "administrator", "olga", "ada", "grace", "linus", "ci", "nightly" })
        {
            (await (await store.AsAsync(name)).GetAsync("/api/v1/me")).Succeeded();
        }
    }

    [Theory]
    [MemberData(nameof(Fixture.All), MemberType = typeof(Fixture))]
    public async Task Disabled_and_revoked_credentials_cannot_log_in(string commit, string database)
    {
        var store = await stores.GetAsync(commit, database);

        foreach (var name in new[] { "mallory", "retired", "leaked" })
        {
            (await store.SignInAsync(name)).Refused("Unauthenticated");
        }

        foreach (var token in store.Fixture.List("endedTokens"))
        {
            using var caller = new Api(store.Address, token);
            (await caller.GetAsync("/api/v1/me")).Refused("Unauthenticated");
        }
    }
}
