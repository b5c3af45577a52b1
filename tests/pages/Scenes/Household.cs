namespace CodeSigning.Pages.Tests.Scenes;

/// <summary>What an administrator looks after: a group, a machine identity with a client secret and a binding, and a policy.</summary>
/// <param name="Group">The group's id.</param>
/// <param name="Machine">The machine identity's id.</param>
/// <param name="Policy">The policy's id.</param>
internal sealed record Household(string Group, string Machine, string Policy)
{
    public static async Task<Household> BuildAsync(Scene scene)
    {
        var administrator = scene.Administrator;
        var group = (await administrator.PostAsync("/api/v1/groups", new { name = "Release leads" })).Succeeded().Text("id");
        foreach (var person in new[] { scene.Ben, scene.Cleo })
        {
            (await administrator.PostAsync($"/api/v1/groups/{group}/members", new { kind = "user", id = person.Id })).Succeeded();
        }

        var machine = (await administrator.PostAsync(
            "/api/v1/identities", new { name = "ci-firmware", description = "Nightly builds of the firmware" })).Succeeded().Text("id");
        (await administrator.PostAsync(
            $"/api/v1/identities/{machine}/client-secrets", new { description = "Jenkins", ttl = "90d" })).Succeeded();
        (await administrator.PutAsync($"/api/v1/identities/{machine}/oidc", new
        {
            issuer = "https://token.actions.githubusercontent.com",
            audience = "https://signing.example.com",
            claims = new Dictionary<string, string> { ["repository_id"] = "74627617", ["ref"] = "refs/heads/main" },
        })).Succeeded();
        return new Household(group, machine, await NewPolicyAsync(scene, group));
    }

    /// <summary>Fills in the ids of an address.</summary>
    public string Fill(string path, Scene scene) => path
        .Replace("{user}", scene.Ben.Id, StringComparison.Ordinal)
        .Replace("{group}", Group, StringComparison.Ordinal)
        .Replace("{machine}", Machine, StringComparison.Ordinal)
        .Replace("{policy}", Policy, StringComparison.Ordinal);

    private static async Task<string> NewPolicyAsync(Scene scene, string group) => (await scene.Administrator.PostAsync(
        "/api/v1/pki/signing-policies", new
        {
            name = "Firmware releases",
            constraints = new { maxWindowDuration = "8h", maxSignings = 10 },
            steps = new[]
            {
                new { name = "Team", approvers = new[] { new { kind = "group", id = group } }, requiredApprovals = 2 },
                new { name = "Security", approvers = new[] { new { kind = "user", id = scene.Dora.Id } }, requiredApprovals = 1 },
            },
            secondFactorWithin = "15m",
        })).Succeeded().Text("id");
}
