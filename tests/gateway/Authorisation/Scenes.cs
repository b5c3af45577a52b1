namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>
/// For each call of the table, what it is made with so that it succeeds for whoever may: only the caller then decides the
/// answer. Ids that a scene does not name are those of things that are there for everybody.
/// </summary>
internal static class Scenes
{
    /// <summary>Calls after which the caller's session, or all of them, may be over.</summary>
    public static readonly HashSet<string> EndTheSession =
        ["POST /api/v1/auth/logout", "DELETE /api/v1/me/sessions", "PUT /api/v1/me/password"];

    private static readonly Dictionary<string, Func<Stage, Role, Task<Scene>>> OfCalls = new()
    {
        ["POST /api/v1/auth/login"] = async (stage, _) => new(await PasswordAsync(stage)),
        ["POST /api/v1/auth/session"] = async (stage, _) => new(await PasswordAsync(stage)),
        ["POST /api/v1/auth/universal-auth/login"] = async (stage, _) => new(await SecretAsync(stage)),
        ["POST /api/v1/auth/oidc-auth/login"] = Body(_ => new { identityId = "idn_00000000000000000000000000", jwt = "a.b.c" }),
        ["POST /api/v1/auth/password-reset"] = Body(_ => new { token = "usr_00000000000000000000000000.none", password = Cast.Password }),
        ["PUT /api/v1/me/password"] = Body(_ => new { currentPassword = Cast.Password, newPassword = Cast.Password }),
        ["DELETE /api/v1/me/sessions/{sessionId}"] = async (stage, role) =>
            new() { { "sessionId", await stage.NewSessionAsync(role == Role.NoToken ? Role.Stranger : role) } },

        ["POST /api/v1/me/factors/totp"] = Body(_ => new { currentPassword = Cast.Password }),
        ["POST /api/v1/me/factors/totp/confirm"] = Body(_ => new { code = "123456" }),
        ["POST /api/v1/me/factors/totp/remove"] = Body(_ => new { currentPassword = Cast.Password, code = "123456" }),
        ["POST /api/v1/me/factors/recovery-codes"] = Body(_ => new { currentPassword = Cast.Password, code = "123456" }),
        ["POST /api/v1/auth/passkey/begin"] = Body(_ => new { }),
        ["POST /api/v1/auth/passkey"] = Body(_ => new { credentialId = "AAAA", clientDataJson = "AAAA", authenticatorData = "AAAA", signature = "AAAA" }),
        ["POST /api/v1/me/passkeys/begin"] = Body(_ => new { currentPassword = Cast.Password }),
        ["POST /api/v1/me/passkeys"] = Body(_ => new { name = "laptop", credentialId = "AAAA", clientDataJson = "AAAA", attestationObject = "AAAA" }),
        ["POST /api/v1/me/passkeys/challenge"] = Body(_ => new { }),
        ["POST /api/v1/me/passkeys/{passkeyId}/remove"] = async (_, _) =>
            await Task.FromResult(new Scene(new { currentPassword = Cast.Password }) { { "passkeyId", "pky_01k9p0b2c4d6e8f0g2h4j6k8m0" } }),
        ["POST /api/v1/auth/device"] = Body(_ => new { client = "cli", codeChallenge = new string('A', 43) }),
        ["POST /api/v1/auth/device/token"] = Body(_ => new { deviceCode = "none", codeVerifier = "none" }),
        ["GET /api/v1/auth/device/{userCode}"] = async (_, _) => await Task.FromResult(new Scene() { { "userCode", "BCDF-GHJK" } }),
        ["POST /api/v1/auth/device/{userCode}/approve"] = async (_, _) => await Task.FromResult(new Scene(new { }) { { "userCode", "BCDF-GHJK" } }),
        ["POST /api/v1/auth/device/{userCode}/deny"] = async (_, _) => await Task.FromResult(new Scene(new { }) { { "userCode", "BCDF-GHJK" } }),
        ["POST /api/v1/auth/step-up"] = Body(_ => new { code = "123456" }),

        ["POST /api/v1/auth/sso/back-channel-logout"] = Body(_ => new { }),

        ["POST /api/v1/users"] = Body(_ => Stage.Person()),
        ["PATCH /api/v1/users/{userId}"] = async (stage, _) => new(new { status = "disabled" }) { { "userId", await stage.NewUserAsync() } },
        ["DELETE /api/v1/users/{userId}"] = async (stage, _) => new() { { "userId", await stage.NewUserAsync() } },
        ["DELETE /api/v1/users/{userId}/sessions"] = async (stage, _) => new() { { "userId", await stage.NewUserAsync() } },
        ["POST /api/v1/identities"] = Body(_ => new { name = Stage.Unique() }),
        ["PATCH /api/v1/identities/{identityId}"] = async (stage, _) =>
            new(new { status = "disabled" }) { { "identityId", await stage.NewIdentityAsync() } },
        ["DELETE /api/v1/identities/{identityId}"] = async (stage, _) => new() { { "identityId", await stage.NewIdentityAsync() } },
        ["PUT /api/v1/identities/{identityId}/oidc"] = async (stage, _) =>
            new(new { issuer = "https://ci.example.com", audience = "signing", subject = "main" }) { { "identityId", await stage.NewIdentityAsync() } },
        ["POST /api/v1/identities/{identityId}/client-secrets"] = Body(_ => new { }),
        ["DELETE /api/v1/identities/{identityId}/client-secrets/{secretId}"] = async (stage, _) =>
        {
            var identity = await stage.NewIdentityAsync();
            return new() { { "identityId", identity }, { "secretId", (await stage.NewSecretAsync(identity)).Text("id") } };
        },
        ["POST /api/v1/groups"] = Body(_ => new { name = Stage.Unique() }),
        ["PATCH /api/v1/groups/{groupId}"] = async (stage, _) => new(new { name = Stage.Unique() }) { { "groupId", await stage.NewGroupAsync() } },
        ["POST /api/v1/groups/{groupId}/members"] = async (stage, _) => new(new { kind = "user", id = await stage.NewUserAsync() }),
        ["DELETE /api/v1/groups/{groupId}/members/{memberId}"] = async (stage, _) =>
        {
            var (group, member) = (await stage.NewGroupAsync(), await stage.NewUserAsync());
            (await stage.Cast[Role.ProductAdministrator].PostAsync($"/api/v1/groups/{group}/members", new { kind = "user", id = member })).Succeeded();
            return new() { { "groupId", group }, { "memberId", member } };
        },

        ["POST /api/v1/pki/ca"] = Body(_ => new { commonName = Stage.Unique(), keyAlgorithm = "EC_P256", ttlDays = 30 }),
        ["POST /api/v1/pki/ca/{caId}/revoke"] = async (stage, _) =>
            new(new { reason = "superseded" }) { { "caId", await stage.NewAuthorityAsync(stage.Authority) } },
        ["POST /api/v1/pki/certificates"] = Body(stage =>
            new { caId = stage.Authority, commonName = Stage.Unique(), keyAlgorithm = "EC_P256", ttlDays = 30 }),
        ["POST /api/v1/pki/certificates/import"] = Body(_ => ExternalAuthority.Import()),
        ["POST /api/v1/pki/certificates/csr"] = Body(_ => new { subject = "CN=External", keyAlgorithm = "EC_P256" }),
        ["PUT /api/v1/pki/certificates/{certificateId}/certificate"] = async (stage, _) =>
        {
            var (id, issued) = await stage.NewSigningRequestAsync();
            return new(issued) { { "certificateId", id } };
        },
        ["POST /api/v1/pki/certificates/{certificateId}/attestations"] = async (stage, _) =>
            new(Stage.Attestation()) { { "certificateId", await stage.NewCertificateInHsmAsync() } },
        ["GET /api/v1/pki/certificates/{certificateId}/attestations/{attestationId}"] = async (stage, _) =>
        {
            var id = await stage.NewCertificateInHsmAsync();
            return new() { { "certificateId", id }, { "attestationId", await stage.NewAttestationAsync(id) } };
        },
        ["POST /api/v1/pki/certificates/{certificateId}/revoke"] = async (stage, _) =>
            new(new { reason = "superseded" }) { { "certificateId", await stage.NewCertificateAsync() } },
        ["PUT /api/v1/pki/certificates/{certificateId}/renewal"] = async (stage, _) =>
            new(new { daysBefore = 7, key = "fresh" }) { { "certificateId", await stage.NewCertificateAsync() } },
        ["DELETE /api/v1/pki/certificates/{certificateId}/renewal"] = async (stage, _) =>
            new() { { "certificateId", await stage.NewCertificateAsync() } },
        ["PATCH /api/v1/pki/certificates/{certificateId}/key"] = async (stage, _) =>
            new(new { state = "suspended" }) { { "certificateId", await stage.NewCertificateAsync() } },
        ["POST /api/v1/pki/certificates/{certificateId}/key/destruction"] = async (stage, _) =>
            new(new { reason = "no longer needed" }) { { "certificateId", await stage.NewCertificateAsync() } },
        ["DELETE /api/v1/pki/certificates/{certificateId}/key/destruction"] = async (stage, _) =>
            new() { { "certificateId", await stage.NewDestructionAsync() } },
        ["POST /api/v1/pki/certificates/{certificateId}/key/destruction/confirm"] = async (stage, _) =>
            new() { { "certificateId", await stage.NewDestructionAsync() } },

        ["POST /api/v1/pki/signers"] = Body(stage => new { name = Stage.Unique(), certificateId = stage.Certificate }),
        ["PATCH /api/v1/pki/signers/{signerId}"] = Body(_ => new { description = Stage.Unique() }),
        ["PATCH /api/v1/pki/signers/{signerId} certificateId"] = async (stage, _) =>
            new(new { certificateId = await stage.NewCertificateAsync() }) { { "signerId", await stage.NewSignerAsync() } },
        ["PATCH /api/v1/pki/signers/{signerId} public"] = async (stage, _) =>
            new(new { @public = true }) { { "signerId", await stage.NewSignerInHsmAsync() } },
        ["PATCH /api/v1/pki/signers/{signerId} approvalPolicyId"] = async (stage, _) =>
            new(new { approvalPolicyId = stage.Policy }) { { "signerId", await stage.NewSignerAsync() } },
        ["GET /api/v1/pki/signers/{signerId}/attestations/{attestationId}"] = async (stage, _) =>
        {
            var certificate = await stage.NewCertificateInHsmAsync();
            var attestation = await stage.NewAttestationAsync(certificate);
            return new() { { "signerId", await stage.NewSignerAsync(null, certificate) }, { "attestationId", attestation } };
        },
        ["PATCH /api/v1/pki/signers/{signerId}/status"] = async (stage, _) =>
            new(new { status = "disabled" }) { { "signerId", await stage.NewSignerAsync() } },
        ["DELETE /api/v1/pki/signers/{signerId}"] = async (stage, _) => new() { { "signerId", await stage.NewSignerAsync() } },
        ["POST /api/v1/pki/signers/{signerId}/members"] = async (stage, _) =>
            new(new { kind = "user", id = await stage.NewUserAsync(), role = "auditor" }) { { "signerId", await stage.NewSignerAsync() } },
        ["PATCH /api/v1/pki/signers/{signerId}/members/{memberId}"] = async (stage, _) =>
            await MemberAsync(stage, new { role = "operator" }),
        ["DELETE /api/v1/pki/signers/{signerId}/members/{memberId}"] = async (stage, _) => await MemberAsync(stage, null),
        ["POST /api/v1/pki/signers/{signerId}/sign"] = Body(_ => Stage.Digest()),
        ["POST /api/v1/pki/signers/{signerId}/sign/batch"] = Body(_ => new { items = new[] { Stage.Digest() } }),
        ["POST /api/v1/pki/signers/{signerId}/stop"] = async (stage, _) =>
            new(new { reason = "a drill" }) { { "signerId", await stage.NewSignerOfItsOwnKeyAsync() } },
        ["POST /api/v1/pki/signers/{signerId}/requests"] = async (stage, _) =>
            new(new { justification = Stage.Unique() }) { { "signerId", await stage.NewSignerAsync(stage.Policy) } },
        ["POST /api/v1/pki/signers/{signerId}/requests/pre-approve"] = (stage, _) =>
            Task.FromResult(new Scene(stage.PreApproval()) { { "signerId", stage.ApprovedSigner } }),

        ["POST /api/v1/pki/signing-policies"] = Body(stage => stage.PolicyBody()),
        ["PUT /api/v1/pki/signing-policies/{policyId}"] = async (stage, _) =>
            new(stage.PolicyBody()) { { "policyId", await stage.NewPolicyAsync() } },
        ["DELETE /api/v1/pki/signing-policies/{policyId}"] = async (stage, _) => new() { { "policyId", await stage.NewPolicyAsync() } },
        ["POST /api/v1/pki/approval-requests/{requestId}/approve"] = async (stage, _) =>
            new(new { comment = "fine" }) { { "requestId", await stage.NewRequestAsync() } },
        ["POST /api/v1/pki/approval-requests/{requestId}/reject"] = async (stage, _) =>
            new(new { comment = "not now" }) { { "requestId", await stage.NewRequestAsync() } },
        ["POST /api/v1/pki/approval-requests/{requestId}/cancel"] = async (stage, _) =>
            new(new { }) { { "requestId", await stage.NewRequestAsync() } },
        ["POST /api/v1/pki/grants/{grantId}/revoke"] = async (stage, _) =>
            new(new { reason = "a drill" }) { { "grantId", await stage.NewGrantAsync() } },

        ["POST /api/v1/webhooks"] = Body(_ => Stage.WebhookBody()),
        ["DELETE /api/v1/webhooks/{webhookId}"] = async (stage, _) => new() { { "webhookId", await stage.NewWebhookAsync() } },
    };

    private static readonly Dictionary<string, Func<Stage, Task<string>>> Props = new()
    {
        ["userId"] = stage => Task.FromResult(stage.Cast.IdOf(Role.Auditor)),
        ["identityId"] = stage => stage.NewIdentityAsync(),
        ["groupId"] = stage => stage.NewGroupAsync(),
        ["caId"] = stage => Task.FromResult(stage.Authority),
        ["certificateId"] = stage => Task.FromResult(stage.Certificate),
        ["signerId"] = stage => Task.FromResult(stage.Signer),
        ["operationId"] = stage => Task.FromResult(stage.Operation),
        ["policyId"] = stage => Task.FromResult(stage.Policy),
        ["requestId"] = stage => stage.NewRequestAsync(),
        ["grantId"] = stage => stage.NewGrantAsync(),
        ["webhookId"] = stage => stage.NewWebhookAsync(),
    };

    /// <summary>The path to ask for and the body to send.</summary>
    public static async Task<(string Path, object? Body)> SetAsync(Stage stage, PermissionRow row, Role role)
    {
        var scene = (OfCalls.TryGetValue(row.Call, out var make) || OfCalls.TryGetValue(row.Endpoint, out make)) ? await make(stage, role) : new Scene();
        var path = row.Path;
        foreach (var (parameter, id) in scene)
        {
            path = path.Replace($"{{{parameter}}}", id, StringComparison.Ordinal);
        }

        foreach (var (parameter, prop) in Props)
        {
            if (path.Contains($"{{{parameter}}}", StringComparison.Ordinal))
            {
                path = path.Replace($"{{{parameter}}}", await prop(stage), StringComparison.Ordinal);
            }
        }

        Assert.DoesNotContain("{", path, StringComparison.Ordinal);
        return (path, scene.Body);
    }

    private static Func<Stage, Role, Task<Scene>> Body(Func<Stage, object> body) => (stage, _) => Task.FromResult(new Scene(body(stage)));

    private static async Task<object> PasswordAsync(Stage stage)
    {
        var person = Stage.Person();
        (await stage.Cast[Role.ProductAdministrator].PostAsync("/api/v1/users", person)).Succeeded();
        return new { email = person.GetType().GetProperty("email")!.GetValue(person), password = Cast.Password };
    }

    private static async Task<object> SecretAsync(Stage stage)
    {
        var secret = await stage.NewSecretAsync(await stage.NewIdentityAsync());
        return new { clientId = secret.Text("clientId"), clientSecret = secret.Text("clientSecret") };
    }

    private static async Task<Scene> MemberAsync(Stage stage, object? body)
    {
        var signer = await stage.NewSignerAsync();
        return new(body) { { "signerId", signer }, { "memberId", await stage.NewMemberAsync(signer) } };
    }
}
