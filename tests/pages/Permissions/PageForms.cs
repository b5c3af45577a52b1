using System.Text.Json;
using CodeSigning.Gateway.Tests.Authorisation;

namespace CodeSigning.Pages.Tests.Permissions;

/// <summary>Every form of every page.</summary>
internal static class PageForms
{
    private const string Users = "/api/v1/users";
    private const string Machines = "/api/v1/identities";
    private const string Groups = "/api/v1/groups";
    private const string Certificates = "/api/v1/pki/certificates";
    private const string Signers = "/api/v1/pki/signers";
    private const string Requests = "/api/v1/pki/approval-requests";

    private static readonly PageForm[] OfAccounts =
    [
        new("/sign-in", "SignInAsync", "POST /api/v1/auth/session", async (stage, role) =>
            new("/sign-in", "password", ("email", $"{(stage.Cast.IsPerson(role) ? role : Role.Stranger)}@example.com"), ("password", Cast.Password))) { LeavesEntry = false },
        new("/sign-in", "ConfirmAsync", null, new FilledForm("/sign-in", "code", ("ticket", "none"), ("code", "123456"))),
        new("/password-reset", "ChooseAsync", "POST /api/v1/auth/password-reset", new FilledForm(
            "/password-reset", "choose", ("token", "usr_00000000000000000000000000.none"), ("password", Cast.Password), ("again", Cast.Password))),
        new("/account", "EndAsync", "DELETE /api/v1/me/sessions/{sessionId}", async (stage, role) =>
            new("/account", "end", ("session", await stage.NewSessionAsync(role == Role.NoToken ? Role.Stranger : role)))) { LeavesEntry = false },
        new("/account", "EndAllAsync", "DELETE /api/v1/me/sessions", new FilledForm("/account", "end-all")),
        new("/account", "RemovePasskeyAsync", "POST /api/v1/me/passkeys/{passkeyId}/remove", new FilledForm(
            "/account", "remove-pky_01k9p0b2c4d6e8f0g2h4j6k8m0", ("currentPassword", Cast.Password))),
        new("/account", "RenewAsync", "POST /api/v1/me/factors/recovery-codes", new FilledForm(
            "/account", "renew", ("currentPassword", Cast.Password), ("code", "123456"))),
        new("/account", "RemoveAsync", "POST /api/v1/me/factors/totp/remove", new FilledForm(
            "/account", "remove", ("currentPassword", Cast.Password), ("code", "123456"))),
        new("/account/password", "ChangeAsync", "PUT /api/v1/me/password", new FilledForm(
            "/account/password", "change", ("currentPassword", Cast.Password), ("newPassword", Cast.Password), ("again", Cast.Password))),
        new("/account/second-factor", "BeginAsync", "POST /api/v1/me/factors/totp", new FilledForm(
            "/account/second-factor", "begin", ("currentPassword", Cast.Password))),
        new("/account/second-factor", "ConfirmAsync", "POST /api/v1/me/factors/totp/confirm", new FilledForm(
            "/account/second-factor", "confirm", ("uri", "otpauth://totp/a"), ("secret", "AAAA"), ("code", "123456"))),
        new("/device", "AskAsync", "GET /api/v1/auth/device/{userCode}", new FilledForm("/device", "ask", ("code", "BCDF-GHJK"))),
        new("/device", "ApproveAsync", "POST /api/v1/auth/device/{userCode}/approve", new FilledForm(
            "/device", "approve", ("code", "BCDF-GHJK"), ("decision", "approve"))),
        new("/device", "DenyAsync", "POST /api/v1/auth/device/{userCode}/deny", new FilledForm(
            "/device", "deny", ("code", "BCDF-GHJK"), ("decision", "deny"))),
        new("/sign-out", "SignOut", "POST /api/v1/auth/logout", new FilledForm("/sign-out", null)) { LeavesEntry = false },
        new("/theme", "SetTheme", "GET /api/v1/me", new FilledForm("/theme", null, ("theme", "dark"))) { LeavesEntry = false },
    ];

    private static readonly PageForm[] OfApprovals =
    [
        new("/requests/{RequestId}", "ApproveAsync", $"POST {Requests}/{{requestId}}/approve", async stage =>
            new($"/requests/{await stage.NewRequestAsync()}", "approve", ("comment", "fine"))),
        new("/requests/{RequestId}", "RejectAsync", $"POST {Requests}/{{requestId}}/reject", async stage =>
            new($"/requests/{await stage.NewRequestAsync()}", "reject", ("comment", "not now"))),
        new("/requests/{RequestId}", "CancelAsync", $"POST {Requests}/{{requestId}}/cancel", async stage =>
            new($"/requests/{await stage.NewRequestAsync()}", "cancel")),
        new("/policies/new", "ActAsync", "POST /api/v1/pki/signing-policies", stage => Task.FromResult(PolicyOf("/policies/new", stage))),
        new("/policies/{PolicyId}/edit", "ActAsync", "PUT /api/v1/pki/signing-policies/{policyId}", async stage =>
            PolicyOf($"/policies/{await stage.NewPolicyAsync()}/edit", stage)),
        new("/policies/{PolicyId}", "DeleteAsync", "DELETE /api/v1/pki/signing-policies/{policyId}", async stage =>
            new($"/policies/{await stage.NewPolicyAsync()}", "delete")),
    ];

    private static readonly PageForm[] OfSigners =
    [
        new("/signers/new", "CreateAsync", $"POST {Signers}", stage => Task.FromResult(new FilledForm(
            "/signers/new", "new", ("name", Stage.Unique()), ("source", "existing"), ("certificateId", stage.Certificate)))),
        new("/signers/{SignerName}/members", "AddAsync", $"POST {Signers}/{{signerId}}/members", async stage =>
            new($"/signers/{await stage.NewSignerAsync()}/members", "add", ("id", $"user:{await stage.NewUserAsync()}"), ("role", "auditor"))),
        new("/signers/{SignerName}/members", "ChangeAsync", $"PATCH {Signers}/{{signerId}}/members/{{memberId}}", stage =>
            MemberAsync(stage, "change", ("role", "operator"))),
        new("/signers/{SignerName}/members", "RemoveAsync", $"DELETE {Signers}/{{signerId}}/members/{{memberId}}", stage => MemberAsync(stage, "remove")),
        new("/signers/{SignerName}/settings", "DescribeAsync", $"PATCH {Signers}/{{signerId}}", stage => Task.FromResult(new FilledForm(
            $"/signers/{stage.Signer}/settings", "describe", ("description", Stage.Unique())))),
        new("/signers/{SignerName}/settings", "ChangePolicyAsync", $"PATCH {Signers}/{{signerId}} approvalPolicyId", async stage =>
            new($"/signers/{await stage.NewSignerAsync()}/settings", "policy", ("approvalPolicyId", stage.Policy))),
        // No signer of the stage has a certificate that a public one may have.
        new("/signers/{SignerName}/settings", "MakePublicAsync", null, async stage => new($"/signers/{await stage.NewSignerAsync()}/settings", "publish")),
        new("/signers/{SignerName}/settings", "MakePublicAsync", null, async stage => new($"/signers/{await stage.NewSignerAsync()}/settings", "make-private")),
        new("/signers/{SignerName}/settings", "DisableAsync", $"PATCH {Signers}/{{signerId}}/status", async stage =>
            new($"/signers/{await stage.NewSignerAsync()}/settings", "disable")),
        new("/signers/{SignerName}/settings", "EnableAsync", $"PATCH {Signers}/{{signerId}}/status", async stage =>
            new($"/signers/{await stage.NewDisabledSignerAsync()}/settings", "enable")),
        new("/signers/{SignerName}/settings", "DeleteAsync", $"DELETE {Signers}/{{signerId}}", async stage =>
        {
            var signer = await stage.NewSignerAsync();
            return new($"/signers/{signer}/settings", "delete", ("confirmation", await stage.NameOfSignerAsync(signer)));
        }),
        new("/signers/{SignerName}/stop", "StopAsync", $"POST {Signers}/{{signerId}}/stop", async stage =>
            new($"/signers/{await stage.NewSignerOfItsOwnKeyAsync()}/stop", "stop", ("reason", "a drill"))),
        new("/signers/{SignerName}/certificate", "BindAsync", $"PATCH {Signers}/{{signerId}} certificateId", async stage =>
            new($"/signers/{await stage.NewSignerAsync()}/certificate", "bind", ("certificateId", await stage.NewCertificateAsync()))),
        new("/signers/{SignerName}/set-up", "MakeSecretAsync", $"POST {Machines}/{{identityId}}/client-secrets", stage => Task.FromResult(new FilledForm(
            $"/signers/{stage.Signer}/set-up", "secret", ("identity", stage.Cast.IdOf(Role.OperatorMachine)), ("ttl", "1d")))),
        new("/signers/{SignerName}/request", "RequestAsync", $"POST {Signers}/{{signerId}}/requests", async stage =>
            new($"/signers/{await stage.NewSignerAsync(stage.Policy)}/request", "request", ("justification", "release"))),
        new("/signers/{SignerName}/pre-approve", "PreApproveAsync", $"POST {Signers}/{{signerId}}/requests/pre-approve", stage => Task.FromResult(new FilledForm(
            $"/signers/{stage.ApprovedSigner}/pre-approve", "pre-approve",
            ("grantee.id", $"user:{stage.Cast.IdOf(Role.Requester)}"), ("justification", "release"), ("requestedSignings", "1")))),
        new("/signers/{SignerName}/approvals", "RevokeAsync", "POST /api/v1/pki/grants/{grantId}/revoke", async stage =>
            new($"/signers/{stage.ApprovedSigner}/approvals", $"revoke-{await stage.NewGrantAsync()}", ("reason", "a drill"))),
    ];

    private static readonly PageForm[] OfCertificates =
    [
        new("/cas", "CreateAsync", "POST /api/v1/pki/ca", stage => Task.FromResult(new FilledForm(
            "/cas", "new", ("commonName", Stage.Unique()), ("keyAlgorithm", "EC_P256"), ("ttlDays", "30")))),
        new("/cas/{AuthorityId}", "RevokeAsync", "POST /api/v1/pki/ca/{caId}/revoke", async stage =>
            new($"/cas/{await stage.NewAuthorityAsync(stage.Authority)}", "revoke", ("reason", "Superseded"))),
        new("/certificates/issue", "IssueAsync", $"POST {Certificates}", stage => Task.FromResult(new FilledForm(
            "/certificates/issue", "issue", ("caId", stage.Authority), ("commonName", Stage.Unique()), ("keyAlgorithm", "EC_P256"), ("ttlDays", "30")))),
        new("/certificates/import", "ImportAsync", $"POST {Certificates}/import", _ => Task.FromResult(new FilledForm(
            "/certificates/import?as=pem", "import", FilesOf(ExternalAuthority.Import())))),
        new("/certificates/csr", "RequestAsync", $"POST {Certificates}/csr", new FilledForm(
            "/certificates/csr", "request", ("subject", "CN=External"), ("keyAlgorithm", "EC_P256"))),
        new("/certificates/{CertificateId}", "InstallAsync", $"PUT {Certificates}/{{certificateId}}/certificate", async stage =>
        {
            var (id, issued) = await stage.NewSigningRequestAsync();
            return new($"/certificates/{id}", "install", FilesOf(issued));
        }),
        new("/certificates/{CertificateId}", "AttestAsync", $"POST {Certificates}/{{certificateId}}/attestations", async stage =>
            new($"/certificates/{await stage.NewCertificateInHsmAsync()}", "attest", ("@content", "made in the token"))),
        OfCertificate("RevokeAsync", "revoke", $"POST {Certificates}/{{certificateId}}/revoke", ("reason", "Superseded")),
        OfCertificate("RenewAsync", "renew", $"PUT {Certificates}/{{certificateId}}/renewal", ("daysBefore", "7"), ("key", "fresh")),
        OfCertificate("StopRenewalAsync", "stop-renewal", $"DELETE {Certificates}/{{certificateId}}/renewal"),
        OfCertificate("SuspendAsync", "suspend", $"PATCH {Certificates}/{{certificateId}}/key"),
        OfCertificate("ActivateAsync", "activate", $"PATCH {Certificates}/{{certificateId}}/key"),
        OfCertificate("AskDestructionAsync", "ask-destruction", $"POST {Certificates}/{{certificateId}}/key/destruction", ("reason", "no longer needed")),
        new("/certificates/{CertificateId}", "WithdrawAsync", $"DELETE {Certificates}/{{certificateId}}/key/destruction", async stage =>
            new($"/certificates/{await stage.NewDestructionAsync()}", "withdraw")),
        new("/certificates/{CertificateId}", "DestroyAsync", $"POST {Certificates}/{{certificateId}}/key/destruction/confirm", async stage =>
            new($"/certificates/{await stage.NewDestructionAsync()}", "destroy")),
    ];

    private static readonly PageForm[] OfPeople =
    [
        new("/people", "InviteAsync", $"POST {Users}", _ => Task.FromResult(new FilledForm(
            "/people", "invite", ("email", $"{Stage.Unique()}@example.com"), ("name", "Somebody"), ("productRole", "Member")))),
        OfUser("ChangeAsync", "change", $"PATCH {Users}/{{userId}}", ("name", "Another"), ("productRole", "Member")),
        OfUser("DisableAsync", "disable", $"PATCH {Users}/{{userId}}"),
        new("/people/{UserId}", "EnableAsync", $"PATCH {Users}/{{userId}}", async stage =>
            new($"/people/{await stage.NewDisabledUserAsync()}", "enable")),
        OfUser("DeleteAsync", "delete", $"DELETE {Users}/{{userId}}"),
        OfUser("ResetAsync", "reset", $"POST {Users}/{{userId}}/password-reset"),
        OfUser("EndSessionsAsync", "end-sessions", $"DELETE {Users}/{{userId}}/sessions"),
        OfUser("RemoveFactorsAsync", "factors", $"DELETE {Users}/{{userId}}/factors"),
        new("/machines", "CreateAsync", $"POST {Machines}", _ => Task.FromResult(new FilledForm("/machines", "new", ("name", Stage.Unique())))),
        OfMachine("ChangeAsync", "change", $"PATCH {Machines}/{{identityId}}", ("name", Stage.Unique())),
        OfMachine("DisableAsync", "disable", $"PATCH {Machines}/{{identityId}}"),
        new("/machines/{MachineId}", "EnableAsync", $"PATCH {Machines}/{{identityId}}", async stage =>
        {
            var machine = await stage.NewIdentityAsync();
            (await stage.Cast[Role.ProductAdministrator].PatchAsync($"{Machines}/{machine}", new { status = "disabled" })).Succeeded();
            return new($"/machines/{machine}", "enable");
        }),
        OfMachine("DeleteAsync", "delete", $"DELETE {Machines}/{{identityId}}"),
        OfMachine("CreateSecretAsync", "new-secret", $"POST {Machines}/{{identityId}}/client-secrets", ("ttl", "1"), ("ttl.unit", "d")),
        new("/machines/{MachineId}", "UnbindAsync", $"DELETE {Machines}/{{identityId}}/oidc", async stage =>
        {
            var machine = await stage.NewIdentityAsync();
            (await stage.Cast[Role.ProductAdministrator].PutAsync(
                $"{Machines}/{machine}/oidc", new { issuer = "https://ci.example.com", audience = "signing", subject = "main" })).Succeeded();
            return new($"/machines/{machine}", "unbind");
        }),
        new("/machines/{MachineId}", "RevokeSecretAsync", $"DELETE {Machines}/{{identityId}}/client-secrets/{{secretId}}", async stage =>
        {
            var machine = await stage.NewIdentityAsync();
            return new($"/machines/{machine}", $"revoke-{(await stage.NewSecretAsync(machine)).Text("id")}");
        }),
        new("/machines/{MachineId}/oidc", "BindAsync", $"PUT {Machines}/{{identityId}}/oidc", async stage => new(
            $"/machines/{await stage.NewIdentityAsync()}/oidc?ci=other", "bind", ("issuer", "https://ci.example.com"), ("audience", "signing"), ("subject", "main"))),
        new("/groups", "CreateAsync", $"POST {Groups}", _ => Task.FromResult(new FilledForm("/groups", "new", ("name", Stage.Unique())))),
        OfGroup("ChangeAsync", "change", $"PATCH {Groups}/{{groupId}}", ("name", Stage.Unique())),
        OfGroup("DeleteAsync", "delete", $"DELETE {Groups}/{{groupId}}"),
        new("/groups/{GroupId}", "AddAsync", $"POST {Groups}/{{groupId}}/members", async stage =>
            new($"/groups/{await stage.NewGroupAsync()}", "add", ("id", await stage.NewIdentityAsync()))),
        new("/groups/{GroupId}", "RemoveAsync", $"DELETE {Groups}/{{groupId}}/members/{{memberId}}", async stage =>
        {
            var (group, member) = (await stage.NewGroupAsync(), await stage.NewIdentityAsync());
            (await stage.Cast[Role.ProductAdministrator].PostAsync($"{Groups}/{group}/members", new { kind = "identity", id = member })).Succeeded();
            return new($"/groups/{group}", $"remove-{member}");
        }),
    ];

    private static readonly PageForm[] OfTheServer =
    [
        new("/ledger/evidence", "VerifyAsync", "POST /api/v1/ledger/verify", new FilledForm("/ledger/evidence", "verify")) { LeavesEntry = false },
        new("/ledger/evidence", "ExportAsync", "GET /api/v1/ledger/export", new FilledForm("/ledger/evidence", "export")) { LeavesEntry = false },
        new("/settings", "CreateAsync", "POST /api/v1/webhooks", new FilledForm("/settings", "new", ("url", "https://hooks.example.com/signing"))),
        new("/settings", "TestMailAsync", "POST /api/v1/mail/test", new FilledForm("/settings", "test-mail")),
        new("/settings/webhooks/{WebhookId}", "TestAsync", "POST /api/v1/webhooks/{webhookId}/test", async stage =>
            new($"/settings/webhooks/{await stage.NewWebhookAsync()}", "test")),
        new("/settings/webhooks/{WebhookId}", "DeleteAsync", "DELETE /api/v1/webhooks/{webhookId}", async stage =>
            new($"/settings/webhooks/{await stage.NewWebhookAsync()}", "delete")),
    ];

    public static IReadOnlyList<PageForm> All { get; } = [.. OfAccounts, .. OfApprovals, .. OfSigners, .. OfCertificates, .. OfPeople, .. OfTheServer];

    private static PageForm OfCertificate(string handler, string form, string call, params (string, string)[] fields) => new(
        "/certificates/{CertificateId}", handler, call, async stage => new FilledForm($"/certificates/{await stage.NewCertificateAsync()}", form, fields));

    private static PageForm OfUser(string handler, string form, string call, params (string, string)[] fields) => new(
        "/people/{UserId}", handler, call, async stage => new FilledForm($"/people/{await stage.NewUserAsync()}", form, fields));

    private static PageForm OfMachine(string handler, string form, string call, params (string, string)[] fields) => new(
        "/machines/{MachineId}", handler, call, async stage => new FilledForm($"/machines/{await stage.NewIdentityAsync()}", form, fields));

    private static PageForm OfGroup(string handler, string form, string call, params (string, string)[] fields) => new(
        "/groups/{GroupId}", handler, call, async stage => new FilledForm($"/groups/{await stage.NewGroupAsync()}", form, fields));

    private static async Task<FilledForm> MemberAsync(Stage stage, string act, params (string, string)[] fields)
    {
        var signer = await stage.NewSignerAsync();
        return new FilledForm($"/signers/{signer}/members", $"{act}-{await stage.NewMemberAsync(signer)}", fields);
    }

    private static FilledForm PolicyOf(string path, Stage stage) => new(
        path, "policy", ("do", "save"), ("stepCount", "1"), ("name", Stage.Unique()), ("constraints.maxSignings", "5"),
        ("steps[0].requiredApprovals", "1"), ("steps[0].approvers", $"user {stage.Cast.IdOf(Role.Approver)} Approver"));

    private static (string, string)[] FilesOf(object body) =>
    [
        .. JsonSerializer.SerializeToElement(body).EnumerateObject()
            .Where(member => member.Value.ValueKind == JsonValueKind.String).Select(member => ($"@{member.Name}", member.Value.GetString()!)),
    ];
}
