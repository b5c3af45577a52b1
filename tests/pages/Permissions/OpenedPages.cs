using CodeSigning.Gateway.Tests.Authorisation;

namespace CodeSigning.Pages.Tests.Permissions;

/// <summary>A page, and the call of the API that shows the same, or does what the page is for.</summary>
/// <param name="Page">The page's route.</param>
/// <param name="Call">The row of docs/permissions.md.</param>
/// <param name="FindAsync">The address of such a page.</param>
internal sealed record OpenedPage(string Page, string Call, Func<Stage, Task<string>> FindAsync)
{
    /// <summary>A page whose route is its address.</summary>
    public OpenedPage(string page, string call)
        : this(page, call, _ => Task.FromResult(page))
    {
    }

    /// <summary>A page of something that is there for everybody.</summary>
    public OpenedPage(string page, string call, Func<Stage, string> find)
        : this(page, call, stage => Task.FromResult(find(stage)))
    {
    }
}

/// <summary>Every page.</summary>
internal static class OpenedPages
{
    private const string Signers = "/api/v1/pki/signers";

    public static IReadOnlyList<OpenedPage> All { get; } =
    [
        new("/sign-in", "GET /api/v1/auth/sign-in-methods"),
        new("/password-reset", "GET /api/v1/auth/sign-in-methods"),
        new("/account", "GET /api/v1/me/factors"),
        new("/account/password", "GET /api/v1/me"),
        new("/account/second-factor", "GET /api/v1/me"),
        new("/device", "GET /api/v1/me"),

        new("/", "GET /api/v1/pki/approval-requests?assignedToMe=true"),
        new("/requests", "GET /api/v1/pki/approval-requests"),
        new("/requests/{RequestId}", "GET /api/v1/pki/approval-requests/{requestId}", async stage => $"/requests/{await stage.NewRequestAsync()}"),
        new("/overview", $"GET {Signers}"),

        new("/signers", $"GET {Signers}"),
        new("/signers/new", $"POST {Signers}"),
        OfSigner("", $"GET {Signers}/{{signerId}}/operations"),
        OfSigner("/activity", $"GET {Signers}/{{signerId}}/operations"),
        OfSigner("/approvals", $"GET {Signers}/{{signerId}}/grants"),
        OfSigner("/certificate", $"GET {Signers}/{{signerId}}/certificate"),
        OfSigner("/members", $"GET {Signers}/{{signerId}}/members"),
        OfSigner("/pre-approve", $"POST {Signers}/{{signerId}}/requests/pre-approve"),
        OfSigner("/request", $"GET {Signers}/{{signerId}}"),
        OfSigner("/set-up", $"GET {Signers}/{{signerId}}/members"),
        OfSigner("/settings", $"PATCH {Signers}/{{signerId}}"),
        OfSigner("/stop", $"POST {Signers}/{{signerId}}/stop"),
        new("/signers/{SignerName}/activity/{OperationId}", $"GET {Signers}/{{signerId}}/operations/{{operationId}}", stage =>
            $"/signers/{stage.Signer}/activity/{stage.Operation}"),

        new("/policies", "GET /api/v1/pki/signing-policies"),
        new("/policies/new", "POST /api/v1/pki/signing-policies"),
        new("/policies/{PolicyId}", "GET /api/v1/pki/signing-policies/{policyId}", stage => $"/policies/{stage.Policy}"),
        new("/policies/{PolicyId}/edit", "PUT /api/v1/pki/signing-policies/{policyId}", stage => $"/policies/{stage.Policy}/edit"),

        new("/cas", "GET /api/v1/pki/ca"),
        new("/cas/{AuthorityId}", "GET /api/v1/pki/ca/{caId}", stage => $"/cas/{stage.Authority}"),
        new("/certificates", "GET /api/v1/pki/certificates"),
        new("/certificates/{CertificateId}", "GET /api/v1/pki/certificates/{certificateId}", stage => $"/certificates/{stage.Certificate}"),
        new("/certificates/issue", "POST /api/v1/pki/certificates"),
        new("/certificates/import", "POST /api/v1/pki/certificates/import"),
        new("/certificates/csr", "POST /api/v1/pki/certificates/csr"),

        new("/people", "GET /api/v1/users"),
        new("/people/{UserId}", "GET /api/v1/users/{userId}", stage => $"/people/{stage.Cast.IdOf(Role.Auditor)}"),
        new("/machines", "GET /api/v1/identities"),
        new("/machines/{MachineId}", "GET /api/v1/identities/{identityId}", async stage => $"/machines/{await stage.NewIdentityAsync()}"),
        new("/machines/{MachineId}/oidc", "PUT /api/v1/identities/{identityId}/oidc", async stage => $"/machines/{await stage.NewIdentityAsync()}/oidc"),
        new("/groups", "GET /api/v1/groups"),
        new("/groups/{GroupId}", "GET /api/v1/groups/{groupId}/members", async stage => $"/groups/{await stage.NewGroupAsync()}"),

        new("/ledger", "GET /api/v1/ledger/entries"),
        new("/ledger/checkpoints", "GET /api/v1/ledger/checkpoints"),
        new("/ledger/evidence", "POST /api/v1/ledger/verify"),
        new("/ledger/{OperationId}", $"GET {Signers}/{{signerId}}/operations/{{operationId}}", stage => $"/ledger/{stage.Operation}"),
        new("/settings", "GET /api/v1/webhooks"),
        new("/settings/webhooks/{WebhookId}", "GET /api/v1/webhooks/{webhookId}", async stage => $"/settings/webhooks/{await stage.NewWebhookAsync()}"),
    ];

    private static OpenedPage OfSigner(string below, string call) => new(
        $"/signers/{{SignerName}}{below}", call, stage => $"/signers/{stage.ApprovedSigner}{below}");
}
