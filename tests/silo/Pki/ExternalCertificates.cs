using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>Certificates, keys and PKCS#12 files as openssl makes them, good and hostile ones.</summary>
public sealed class ExternalCertificates : IAsyncLifetime, IDisposable
{
    public const string Password = "correct horse";

    private const string Configuration = """
        [req]
        distinguished_name = dn
        [dn]
        [ca]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign, cRLSign
        [code]
        keyUsage = critical, digitalSignature
        extendedKeyUsage = codeSigning
        [tls]
        extendedKeyUsage = serverAuth
        """;

    private readonly OpenSsl _openSsl = new();

    /// <summary>The command, in the directory with the files.</summary>
    public OpenSsl Tool => _openSsl;

    public byte[] Read(string name) => _openSsl.Read(name);

    public string ReadText(string name) => _openSsl.ReadText(name);

    public async Task InitializeAsync()
    {
        _openSsl.Write("openssl.cnf", Configuration);
        await MakeKeysAsync();
        await MakeCertificatesAsync();
        await MakePkcs12Async();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _openSsl.Dispose();

    private async Task MakeKeysAsync()
    {
        foreach (var name in new[] { "rsa", "other-rsa" })
        {
            await Run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out", $"{name}.key");
        }

        foreach (var name in new[] { "ec", "ca", "stranger" })
        {
            await Run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out", $"{name}.key");
        }

        await Run("rsa -traditional -in rsa.key -out rsa-pkcs1.key");
        await Run("rsa -traditional -aes128 -in rsa.key -out rsa-dek-info.key -passout", $"pass:{Password}");
        await Run("ec -in ec.key -out ec-sec1.key");
        await Run("ecparam -name prime256v1 -out ec-parameters");
        _openSsl.Write("ec-sec1-parameters.key", ReadText("ec-parameters") + ReadText("ec-sec1.key"));
        foreach (var name in new[] { "rsa", "ec" })
        {
            await Run($"pkcs8 -topk8 -v2 aes-256-cbc -in {name}.key -out {name}-encrypted.key -passout", $"pass:{Password}");
        }

        await Run("pkcs8 -topk8 -v1 PBE-SHA1-3DES -in rsa.key -out rsa-encrypted-des3.key -passout", $"pass:{Password}");
        await Run("pkcs8 -topk8 -scrypt -in rsa.key -out rsa-scrypt.key -passout", $"pass:{Password}");
        await Run("pkcs8 -topk8 -v2 aes-256-cbc -iter 600001 -in rsa.key -out rsa-iterations.key -passout", $"pass:{Password}");
    }

    private async Task MakeCertificatesAsync()
    {
        await Run("req -x509 -config openssl.cnf -extensions ca -key ca.key -out root.pem -days 10 -subj /CN=Root");
        await Run("req -x509 -config openssl.cnf -extensions ca -key stranger.key -out stranger.pem -days 10 -subj /CN=Stranger");
        await Issue("stranger.key", "issuing.pem", "ca", "/CN=Issuing", "root.pem", "ca.key");
        await Issue("rsa.key", "rsa.pem", "code", "/CN=Imported Signer", "issuing.pem", "stranger.key");
        await Issue("ec.key", "ec.pem", "code", "/CN=Imported Signer", "issuing.pem", "stranger.key");
        await Issue("rsa.key", "tls.pem", "tls", "/CN=Server", "issuing.pem", "stranger.key");
        _openSsl.Write("chain.pem", ReadText("issuing.pem") + ReadText("root.pem"));
        _openSsl.Write("chain-reversed.pem", ReadText("root.pem") + ReadText("issuing.pem"));
        _openSsl.Write("chain-unrelated.pem", ReadText("chain.pem") + ReadText("stranger.pem"));
    }

    private async Task MakePkcs12Async()
    {
        await Export("rsa", "rsa.p12", "chain.pem");
        await Export("ec", "ec.p12", "chain.pem");
        await Export("rsa", "rsa-legacy.p12", "chain.pem", "-legacy");
        await Export("rsa", "rsa-3des.p12", "chain.pem", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1");
        await Export("rsa", "rsa-nomac.p12", "chain.pem", "-nomac");
        await Export("rsa", "rsa-reversed.p12", "chain-reversed.pem");
        await Export("rsa", "unrelated.p12", "chain-unrelated.pem");
        await Export("rsa", "iterations.p12", "chain.pem", "-iter", "600001");
        await Run("pkcs12 -export -inkey rsa.key -in rsa.pem -certfile chain.pem -out rsa-nopassword.p12 -passout", "pass:");
        await Run("pkcs12 -export -nokeys -in chain.pem -out no-key.p12 -passout", $"pass:{Password}");
        var rsa = (ReadText("rsa.key"), ReadText("rsa.pem"));
        _openSsl.Write("plain.p12", HostilePkcs12.Build([rsa], macIterations: null));
        _openSsl.Write("two-keys.p12", HostilePkcs12.Build([rsa, (ReadText("ec.key"), ReadText("ec.pem"))], macIterations: null));
        _openSsl.Write("mac-iterations.p12", HostilePkcs12.Build([rsa], macIterations: int.MaxValue));
    }

    private Task<string> Export(string name, string file, string chain, params string[] options) => _openSsl.RunAsync(
        ["pkcs12", "-export", "-inkey", $"{name}.key", "-in", $"{name}.pem", "-certfile", chain, "-out", file, "-passout",
            $"pass:{Password}", .. options]);

    private async Task Issue(string key, string file, string extensions, string subject, string issuer, string issuerKey)
    {
        await _openSsl.RunAsync("req", "-new", "-config", "openssl.cnf", "-key", key, "-out", "request", "-subj", subject);
        await _openSsl.RunAsync(
            "x509", "-req", "-in", "request", "-CA", issuer, "-CAkey", issuerKey, "-days", "9", "-out", file, "-extfile",
            "openssl.cnf", "-extensions", extensions);
    }

    private Task<string> Run(string arguments, params string[] more) => _openSsl.RunAsync([.. arguments.Split(' '), .. more]);
}
