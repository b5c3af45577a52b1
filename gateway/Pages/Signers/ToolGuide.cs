namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>How one tool signs: what to configure and what to run.</summary>
/// <param name="Id">Its name in the page's address, after the #.</param>
/// <param name="Title">Its name.</param>
/// <param name="About">What it signs, and what it needs.</param>
/// <param name="Blocks">What to write or run, in order, each with what it is.</param>
internal sealed record ToolGuide(string Id, string Title, string About, params IReadOnlyList<(string What, string Text)> Blocks);

/// <summary>The tools that sign with a signer, with its name, key and server in every line. Pure functions.</summary>
/// <param name="Server">The server's address, without a slash at its end.</param>
/// <param name="Signer">The signer's name.</param>
/// <param name="IsRsa">Whether its key is RSA.</param>
/// <param name="Hash">The bits of the hash that fits its key, such as 256.</param>
/// <param name="Identity">The name or id of the machine identity that signs.</param>
internal sealed record ToolGuides(string Server, string Signer, bool IsRsa, int Hash, string Identity)
{
    private const string Module = "/usr/lib/x86_64-linux-gnu/pkcs11/libcodesigning-pkcs11.so";

    /// <summary>The guides of a signer with a key.</summary>
    public static ToolGuides For(string server, string signer, string keyAlgorithm, string identity) =>
        new(server, signer, keyAlgorithm.StartsWith("RSA", StringComparison.Ordinal), keyAlgorithm switch { "EC_P384" => 384, "EC_P521" => 512, _ => 256 }, identity);

    private string Scheme => IsRsa ? $"RSASSA_PKCS1_V1_5_SHA{Hash}" : $"ECDSA_SHA{Hash}";

    private string Key => $"pkcs11:token={Signer};object={Signer};type=private";

    /// <summary>The configuration of the PKCS#11 module and of the Windows provider.</summary>
    public string Configuration(string clientId, string clientSecret) => $$"""
        {
          "serverUrl": "{{Server}}",
          "auth": { "clientId": "{{clientId}}", "clientSecret": "{{clientSecret}}" },
          "signers": ["{{Signer}}"]
        }
        """;

    /// <summary>All of them, those that need nothing installed first.</summary>
    public IReadOnlyList<ToolGuide> All() =>
    [
        Rest(), JarSigner(), OsslSignCode(), CoSign(), OpenSsl(), Pkcs11Tool(), Gpg(), SignTool(), GitHub(), GitLab(),
    ];

    private ToolGuide Rest() => new("rest", "curl, REST", "Needs nothing installed. The server gets a digest, never the file.",
        ("the commands", $"""
            export CODESIGNING_CLIENT_ID=… CODESIGNING_CLIENT_SECRET=…
            token=$(jq -n '{"{clientId: env.CODESIGNING_CLIENT_ID, clientSecret: env.CODESIGNING_CLIENT_SECRET}"}' |
              curl -sf {Server}/api/v1/auth/universal-auth/login -H 'Content-Type: application/json' -d @- | jq -r .accessToken)
            digest=$(openssl dgst -sha{Hash} -binary FILE | base64 -w0)
            curl -sf {Server}/api/v1/pki/signers/{Signer}/sign -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
              -d '{"{"}"data": "'"$digest"'", "signingAlgorithm": "{Scheme}", "isDigest": true{"}"}' | jq -r .signature | base64 -d > FILE.sig
            """),
        ("the check of the signature", $"""
            curl -sf {Server}/api/v1/pki/signers/{Signer}/public-key -H "Authorization: Bearer $token" -o {Signer}.pub
            openssl dgst -sha{Hash} -verify {Signer}.pub -signature FILE.sig FILE
            """));

    private ToolGuide JarSigner() => new("jarsigner", "jarsigner", "For .jar files. Uses the PKCS#11 module by Java's SunPKCS11. The slot is the one that pkcs11-tool --list-slots prints for this signer.",
        ($"the file {Signer}.cfg", $"""
            name = CodeSigning
            library = {Module}
            slot = SLOT
            """),
        ("the command", $"""
            jarsigner -keystore NONE -storetype PKCS11 -storepass '' -addprovider SunPKCS11 -providerArg {Signer}.cfg \
              -sigalg SHA{Hash}with{(IsRsa ? "RSA" : "ECDSA")} -digestalg SHA-256 app.jar {Signer}
            """));

    private ToolGuide OsslSignCode() => new("osslsigncode", "osslsigncode", "For .exe, .dll and .msi on Linux. Uses the PKCS#11 module and libengine-pkcs11-openssl.",
        ("the commands", $"""
            curl -sf '{Server}/api/v1/pki/signers/{Signer}/certificate?format=chain' -H "Authorization: Bearer $token" -o {Signer}-chain.pem
            osslsigncode sign -pkcs11engine /usr/lib/x86_64-linux-gnu/engines-3/pkcs11.so -pkcs11module {Module} \
              -certs {Signer}-chain.pem -key '{Key}' -h sha{Hash} -in app.exe -out signed.exe
            """));

    private ToolGuide CoSign() => new("cosign", "cosign", "For container images and files. Uses the PKCS#11 module; a build of cosign with PKCS#11 support is needed. The module needs no PIN once it is configured; cosign asks for one, and any is accepted.",
        ("the commands", $"""
            export COSIGN_PKCS11_MODULE_PATH={Module} COSIGN_PKCS11_PIN=any
            cosign sign --key '{Key}?module-path={Module}' REGISTRY/IMAGE@sha256:…
            """));

    private ToolGuide OpenSsl() => new("openssl", "openssl", "For any file, and for CMS. Uses the PKCS#11 module and libengine-pkcs11-openssl.",
        ("the commands", $"""
            export PKCS11_MODULE_PATH={Module}
            openssl dgst -engine pkcs11 -keyform engine -sha{Hash} -sign '{Key}' -out FILE.sig FILE
            """));

    private ToolGuide Pkcs11Tool() => new("pkcs11-tool", "pkcs11-tool", "For any file, and to see whether the module works.",
        ("the commands", $"""
            pkcs11-tool --module {Module} --list-slots
            pkcs11-tool --module {Module} --token-label {Signer} --sign \
              --mechanism {(IsRsa ? $"SHA{Hash}-RSA-PKCS" : $"ECDSA-SHA{Hash} --signature-format openssl")} --input-file FILE --output-file FILE.sig
            """));

    private ToolGuide Gpg() => IsRsa
        ? new("gpg", "gpg", "For OpenPGP signatures, by gnupg-pkcs11-scd. The configuration must name this signer alone in signers.",
            ("the file ~/.gnupg/gnupg-pkcs11-scd.conf", $"""
                providers codesigning
                provider-codesigning-library {Module}
                """),
            ("the file ~/.gnupg/gpg-agent.conf", "scdaemon-program /usr/bin/gnupg-pkcs11-scd"),
            ("the commands", """
                gpgsm --learn-card
                gpg --full-generate-key    # choose: existing key, with the key grip that gpgsm shows
                gpg --detach-sign FILE
                """))
        : new("gpg", "gpg", "gnupg-pkcs11-scd knows RSA keys only, and this signer's key is an elliptic curve's: use a signer with an RSA key for OpenPGP.");

    private ToolGuide SignTool() => new("signtool", "signtool", "For .exe, .dll, .msi and scripts on Windows. Uses the Key Storage Provider; export-cert prints the thumbprint.",
        ("the commands", $"""
            codesigning-ksp-register export-cert {Signer} {Signer}.p7b
            signtool sign /fd SHA{Hash} /f {Signer}.p7b /sha1 THUMBPRINT /csp "CodeSigning Key Storage Provider" /kc {Signer} /tr http://timestamp.example.com /td SHA256 app.exe
            """));

    private ToolGuide GitHub() => new("github", "GitHub Actions", "No secret at all: the job's own OIDC token logs in. An administrator binds the machine identity to the issuer https://token.actions.githubusercontent.com, this server's address as audience, and the claims repository_id and repository_owner_id.",
        ("the job", $$"""
            permissions:
              id-token: write
            steps:
              - run: |
                  jwt=$(curl -sf "$ACTIONS_ID_TOKEN_REQUEST_URL&audience={{Server}}" -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" | jq -r .value)
                  token=$(jq -n --arg jwt "$jwt" '{identityId: "{{Identity}}", jwt: $jwt}' |
                    curl -sf {{Server}}/api/v1/auth/oidc-auth/login -H 'Content-Type: application/json' -d @- | jq -r .accessToken)
                  echo "::add-mask::$token"
                  echo "CODESIGNING_TOKEN=$token" >> "$GITHUB_ENV"
                  echo "CODESIGNING_SERVER_URL={{Server}}" >> "$GITHUB_ENV"
            """));

    private ToolGuide GitLab() => new("gitlab", "GitLab CI", "No secret at all: the job's own OIDC token logs in. An administrator binds the machine identity to GitLab's address as issuer, this server's address as audience, and the claim project_id.",
        ("the job", $$"""
            sign:
              id_tokens:
                SIGNING_JWT:
                  aud: {{Server}}
              script:
                - export CODESIGNING_SERVER_URL={{Server}}
                - |
                  export CODESIGNING_TOKEN=$(jq -n '{identityId: "{{Identity}}", jwt: env.SIGNING_JWT}' |
                    curl -sf {{Server}}/api/v1/auth/oidc-auth/login -H 'Content-Type: application/json' -d @- | jq -r .accessToken)
            """));
}
