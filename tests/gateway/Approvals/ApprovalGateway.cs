using System.Text.Json.Nodes;
using CodeSigning.Gateway.Tests.Auth;

namespace CodeSigning.Gateway.Tests.Approvals;

/// <summary>
/// A running gateway with a signer under a policy: Ann approves, a machine identity asks, one signature within four hours.
/// </summary>
public abstract class ApprovalGateway : GatewaySuite
{
    /// <summary>A digest of nothing in particular.</summary>
    protected const string Data = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    protected HttpClient Ann { get; private set; } = null!;

    protected HttpClient Machine { get; private set; } = null!;

    protected string AnnId { get; private set; } = "";

    protected string MachineId { get; private set; } = "";

    protected string PolicyId { get; private set; } = "";

    protected string SignerId { get; private set; } = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        AnnId = await CreateUserAsync("ann@example.com");
        Ann = await Gateway.SignInAsync("ann@example.com", Password);
        MachineId = await CreateIdentityAsync("ci");
        Machine = await Gateway.SignInAsync(await CreateSecretAsync(MachineId));
        PolicyId = Id(await Administrator.PostAsync("/pki/signing-policies", Policy("release")));
        SignerId = await CreateSignerAsync("release", PolicyId);
    }

    public override async Task DisposeAsync()
    {
        Ann.Dispose();
        Machine.Dispose();
        await base.DisposeAsync();
    }

    protected static string Id(JsonNode answer) => (string)answer["id"]!;

    protected static object Sign() => new { data = Data, signingAlgorithm = "ECDSA_SHA256", isDigest = true };

    protected object Policy(string name, int maxSignings = 1) => new
    {
        name,
        constraints = new { maxSignings, maxWindowDuration = "4h" },
        steps = new[] { new { name = "team", approvers = new[] { new { kind = "user", id = AnnId } }, requiredApprovals = 1 } },
    };

    protected async Task<string> CreateSignerAsync(string name, string? approvalPolicyId)
    {
        var ca = Id(await Administrator.PostAsync(
            "/pki/ca", new { commonName = $"{name} CA", keyAlgorithm = "EC_P256", ttlDays = 30 }));
        return Id(await Administrator.PostAsync("/pki/signers", new
        {
            name,
            caId = ca,
            commonName = name,
            keyAlgorithm = "EC_P256",
            certificateTtlDays = 10,
            approvalPolicyId,
            members = new[] { new { kind = "identity", id = MachineId, role = "operator" } },
        }));
    }

    protected async Task<string> AskAsync() =>
        Id(await Machine.PostAsync($"/pki/signers/{SignerId}/requests", new { justification = "release 1.2" }));
}
