using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>Requests that are sent again under the same idempotency key.</summary>
[Collection(SharedServer.Collection)]
public sealed class IdempotencyTests(SharedServer shared)
{
    [Fact]
    public async Task Same_key_creates_one_resource_and_gets_one_answer()
    {
        var client = await shared.Server.AsAdministratorAsync();
        var (body, key) = (new { name = Unique() }, Unique());

        var first = (await client.PostAsync("/api/v1/groups", body, key)).Succeeded();
        var second = (await client.PostAsync("/api/v1/groups", body, key)).Succeeded();

        Assert.Equal((201, 201), (first.Status, second.Status));
        Assert.Equal(first.BodyText, second.BodyText);
        (await client.PostAsync("/api/v1/groups", new { name = Unique() }, key)).Refused(409, "IdempotencyMismatch");
    }

    [Theory]
    [InlineData("/api/v1/groups/")]
    [InlineData("/API/v1/Groups")]
    [InlineData("/api/v1/%67roups")]
    public async Task Equivalent_path_counts_as_the_same_call(string path)
    {
        var client = await shared.Server.AsAdministratorAsync();
        var (body, key) = (new { name = Unique() }, Unique());

        var first = (await client.PostAsync("/api/v1/groups", body, key)).Succeeded();
        var second = (await client.PostAsync(path, body, key)).Succeeded();

        Assert.Equal(first.BodyText, second.BodyText);
    }

    [Fact]
    public async Task Concurrent_requests_with_one_key_create_one_resource()
    {
        var client = await shared.Server.AsAdministratorAsync();
        var (body, key) = (new { name = Unique() }, Unique());

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => client.PostAsync("/api/v1/groups", body, key)));

        Assert.All(answers, answer => Assert.True(answer.Status is 201 or 409, answer.BodyText));
        Assert.Single(answers.Where(answer => answer.Status == 201).Select(answer => answer.BodyText).Distinct());
    }

    [Fact]
    public async Task Caller_never_gets_another_callers_stored_answer()
    {
        var administrator = await shared.Server.AsAdministratorAsync();
        var email = $"{Unique()}@example.com";
        await administrator.CreatePersonAsync(email, "Ann", "a password of ann's", "admin");
        var ann = shared.Server.As(await shared.Server.AsNobody().LogInAsync(email, "a password of ann's"));
        var identity = (await administrator.PostAsync("/api/v1/identities", new { name = Unique() })).Succeeded().Text("id");
        var key = Unique();

        var first = (await administrator.PostAsync($"/api/v1/identities/{identity}/client-secrets", new { }, key)).Succeeded();
        var other = (await ann.PostAsync($"/api/v1/identities/{identity}/client-secrets", new { }, key)).Succeeded();

        Assert.NotEqual(first.Text("clientSecret"), other.Text("clientSecret"));
        (await shared.Server.AsNobody().PostAsync($"/api/v1/identities/{identity}/client-secrets", new { }, key)).Refused(401, "Unauthenticated");
    }

    [Fact]
    public async Task Disabled_user_does_not_get_the_stored_answer()
    {
        var administrator = await shared.Server.AsAdministratorAsync();
        var email = $"{Unique()}@example.com";
        var id = await administrator.CreatePersonAsync(email, "Ann", "a password of ann's", "admin");
        var ann = shared.Server.As(await shared.Server.AsNobody().LogInAsync(email, "a password of ann's"));
        var (body, key) = (new { name = Unique() }, Unique());
        (await ann.PostAsync("/api/v1/identities", body, key)).Succeeded();

        (await administrator.PatchAsync($"/api/v1/users/{id}", new { status = "disabled" })).Succeeded();

        (await ann.PostAsync("/api/v1/identities", body, key)).Refused(401, "Unauthenticated");
    }

    private static string Unique() => $"k{Guid.NewGuid():n}"[..24];
}
