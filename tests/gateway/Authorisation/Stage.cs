using CodeSigning.Gateway.Tests.Server;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>
/// The things that calls are about, each made by the first administrator, who has no role of its own in the table. What a
/// call would use up is made anew for each.
/// </summary>
internal sealed class Stage(Cast cast, ApiClient administrator, IServiceProvider services)
{
    public Cast Cast => cast;

    public string Authority { get; private set; } = "";

    public string Certificate { get; private set; } = "";

    public string Policy { get; private set; } = "";

    /// <summary>A signer without a policy.</summary>
    public string Signer { get; private set; } = "";

    /// <summary>A signer under a policy.</summary>
    public string ApprovedSigner { get; private set; } = "";

    public string Operation { get; private set; } = "";

    public static async Task<Stage> BuildAsync(CodeSigningServer server)
    {
        var cast = await Cast.HireAsync(server);
        var stage = new Stage(cast, await server.AsAdministratorAsync(), server.Services);
        stage.Authority = await stage.NewAuthorityAsync();
        stage.Certificate = await stage.NewCertificateAsync();
        stage.Policy = await stage.CreateAsync("pki/signing-policies", stage.PolicyBody());
        stage.Signer = await stage.NewSignerAsync();
        stage.ApprovedSigner = await stage.NewSignerAsync(stage.Policy);
        stage.Operation = (await stage.Cast[Role.Operator].PostAsync($"/api/v1/pki/signers/{stage.Signer}/sign", Digest()))
            .Succeeded().Text("operationId");
        await cast.EndTokensAsync(stage.Signer);
        return stage;
    }

    public static string Unique() => $"t{Guid.NewGuid():n}"[..24];

    /// <summary>A digest of nothing in particular, to be signed.</summary>
    public static object Digest() => new { data = Convert.ToBase64String(new byte[32]), signingAlgorithm = "ECDSA_SHA256", isDigest = true };

    /// <summary>The body of a policy under which the approver approves.</summary>
    public object PolicyBody() => new
    {
        name = Unique(),
        constraints = new { maxSignings = 5 },
        steps = new[] { new { approvers = new[] { new { kind = "user", id = cast.IdOf(Role.Approver) } }, requiredApprovals = 1 } },
    };

    public static object Person() => new { email = $"{Unique()}@example.com", name = "Somebody", password = Cast.Password };

    public Task<string> NewAuthorityAsync(string? parentId = null) =>
        CreateAsync("pki/ca", new { commonName = Unique(), keyAlgorithm = "EC_P256", ttlDays = 100, parentId });

    public Task<string> NewCertificateAsync() =>
        CreateAsync("pki/certificates", new { caId = Authority, commonName = Unique(), keyAlgorithm = "EC_P256", ttlDays = 30 });

    /// <summary>A certificate whose key the first administrator wants destroyed.</summary>
    public async Task<string> NewDestructionAsync()
    {
        var id = await NewCertificateAsync();
        (await administrator.PostAsync($"/api/v1/pki/certificates/{id}/key/destruction", new { reason = "no longer needed" })).Succeeded();
        return id;
    }

    /// <summary>A signer on which everybody has the role that the table gives them.</summary>
    public Task<string> NewSignerAsync(string? approvalPolicyId = null) => NewSignerAsync(approvalPolicyId, Certificate);

    /// <summary>A signer whose key no other signer of the stage has.</summary>
    public async Task<string> NewSignerOfItsOwnKeyAsync() => await NewSignerAsync(null, await NewCertificateAsync());

    /// <summary>A certificate whose row says that its key is in an HSM, which the stage has none of.</summary>
    public async Task<string> NewCertificateInHsmAsync()
    {
        var id = await NewCertificateAsync();
        var row = await services.GetRequiredService<IStateStore>().FindAsync<CertificateState>(StateTypes.Certificate, id, CancellationToken.None);
        var moved = row!.Replace(row.State with { Custody = "hsm" });
        await services.GetRequiredService<ILedger>().CommitAsync(new LedgerElement { Writes = [moved] }, CancellationToken.None);
        return id;
    }

    /// <summary>The body of an attestation.</summary>
    public static object Attestation() =>
        new { fileName = "attestation.txt", mediaType = "text/plain", content = Convert.ToBase64String("never extractable"u8) };

    public async Task<string> NewAttestationAsync(string certificateId) => await CreateAsync($"pki/certificates/{certificateId}/attestations", Attestation());

    public async Task<string> NewSignerInHsmAsync() => await NewSignerAsync(null, await NewCertificateInHsmAsync());

    public Task<string> NewUserAsync() => CreateAsync("users", Person());

    public async Task<string> NewDisabledUserAsync()
    {
        var user = await NewUserAsync();
        (await administrator.PatchAsync($"/api/v1/users/{user}", new { status = "disabled" })).Succeeded();
        return user;
    }

    public async Task<string> NewDisabledSignerAsync()
    {
        var signer = await NewSignerAsync();
        (await administrator.PatchAsync($"/api/v1/pki/signers/{signer}/status", new { status = "disabled" })).Succeeded();
        return signer;
    }

    public async Task<string> NameOfSignerAsync(string id) => (await administrator.GetAsync($"/api/v1/pki/signers/{id}")).Succeeded().Text("name");

    public Task<string> NewIdentityAsync() => CreateAsync("identities", new { name = Unique() });

    public Task<string> NewGroupAsync() => CreateAsync("groups", new { name = Unique() });

    public async Task<ApiAnswer> NewSecretAsync(string identityId) =>
        (await administrator.PostAsync($"/api/v1/identities/{identityId}/client-secrets", new { })).Succeeded();

    public async Task<string> NewMemberAsync(string signerId) => (await administrator.PostAsync(
        $"/api/v1/pki/signers/{signerId}/members", new { kind = "user", id = await NewUserAsync(), role = "auditor" }))
        .Succeeded().Text("memberId");

    /// <summary>What the requester asks for, still pending.</summary>
    public async Task<string> NewRequestAsync() =>
        (await cast[Role.Requester].PostAsync($"/api/v1/pki/signers/{ApprovedSigner}/requests", new { justification = Unique() }))
        .Succeeded().Text("id");

    /// <summary>The requester's grant, active.</summary>
    public async Task<string> NewGrantAsync() => (await cast[Role.Administrator].PostAsync(
        $"/api/v1/pki/signers/{ApprovedSigner}/requests/pre-approve", PreApproval())).Succeeded().Text("id");

    public object PreApproval() =>
        new { grantee = new { kind = "user", id = cast.IdOf(Role.Requester) }, justification = "release", requestedSignings = 1 };

    /// <summary>The newest administrative entry of the ledger.</summary>
    public async Task<string> LastChangeAsync() => (await administrator.GetAsync("/api/v1/ledger/entries?kind=admin&limit=1"))
        .Succeeded().Json.GetProperty("items")[0].GetProperty("operationId").GetString()!;

    public Task<string> NewPolicyAsync() => CreateAsync("pki/signing-policies", PolicyBody());

    public Task<string> NewWebhookAsync() => CreateAsync("webhooks", WebhookBody());

    public static object WebhookBody() => new { url = "https://hooks.example.com/signing" };

    /// <summary>A certificate that waits for an external CA, and what that CA answers.</summary>
    public async Task<(string Id, object Issued)> NewSigningRequestAsync()
    {
        var request = (await administrator.PostAsync("/api/v1/pki/certificates/csr", new { subject = "CN=External", keyAlgorithm = "EC_P256" }))
            .Succeeded();
        return (request.Text("id"), ExternalAuthority.Answer(request.Text("csrPem")));
    }

    /// <summary>A second session of a role.</summary>
    public async Task<string> NewSessionAsync(Role role) =>
        (await (await cast.SignInAsync(role)).GetAsync("/api/v1/me")).Succeeded().Json.GetProperty("session").GetProperty("id").GetString()!;

    private async Task<string> CreateAsync(string what, object body) =>
        (await administrator.PostAsync($"/api/v1/{what}", body)).Succeeded().Text("id");

    public Task<string> NewSignerAsync(string? approvalPolicyId, string certificateId) => CreateAsync(
        "pki/signers", new { name = Unique(), certificateId, approvalPolicyId, members = cast.Members() });
}
