using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Names;

/// <summary>Things with names of their own on the shared server, made as an administrator makes them.</summary>
internal sealed class NamedThings(ApiClient administrator)
{
    public const string Password = "a password that all of them have";

    private readonly string _suffix = Guid.NewGuid().ToString("n")[..8];

    public ApiClient Administrator => administrator;

    /// <summary>A name that no other test uses.</summary>
    public string Name(string what) => $"{what}-{_suffix}";

    public string Email(string who) => $"{Name(who)}@example.com";

    public Task<string> GroupAsync(string name) => CreateAsync("groups", new { name = Name(name) });

    public Task<string> IdentityAsync(string name) => CreateAsync("identities", new { name = Name(name) });

    public Task<string> UserAsync(string name) => administrator.CreatePersonAsync(Email(name), Name(name), Password);

    public Task<string> AuthorityAsync(string name, string? parentId = null) =>
        CreateAsync("pki/ca", new { commonName = Name(name), keyAlgorithm = "EC_P256", ttlDays = 30, parentId });

    public Task<string> PolicyAsync(string name, params object[] approvers) => CreateAsync("pki/signing-policies", new
    {
        name = Name(name),
        constraints = new { maxSignings = 1 },
        steps = new[] { new { approvers, requiredApprovals = 1 } },
    });

    public async Task<ApiAnswer> SignerAsync(string name, string caId, string? approvalPolicyId = null, params object[] members) =>
        (await administrator.PostAsync(
            "/api/v1/pki/signers",
            new { name = Name(name), caId, keyAlgorithm = "EC_P256", certificateTtlDays = 10, approvalPolicyId, members })).Succeeded();

    public async Task<string> CreateAsync(string what, object body) =>
        (await administrator.PostAsync($"/api/v1/{what}", body)).Succeeded().Text("id");
}
