using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>
/// The product's documented curl command, with each algorithm, on a digest and on data. What comes back is verified by
/// openssl with the certificate that the server gives out.
/// </summary>
public sealed class CurlSignatureTests(SigningWorld world) : IClassFixture<SigningWorld>, IDisposable
{
    private static readonly byte[] Message = Encoding.UTF8.GetBytes("what a build made");
    private readonly TemporaryDirectory _files = new();

    public static TheoryData<string, string> AlgorithmsAndKeys => new()
    {
        { "RSASSA_PKCS1_V1_5_SHA256", "RSA_2048" },
        { "RSASSA_PKCS1_V1_5_SHA384", "RSA_2048" },
        { "RSASSA_PKCS1_V1_5_SHA512", "RSA_3072" },
        { "RSASSA_PSS_SHA256", "RSA_2048" },
        { "RSASSA_PSS_SHA384", "RSA_3072" },
        { "RSASSA_PSS_SHA512", "RSA_4096" },
        { "ECDSA_SHA256", "EC_P256" },
        { "ECDSA_SHA384", "EC_P256" },
        { "ECDSA_SHA512", "EC_P256" },
        { "ECDSA_SHA256", "EC_P384" },
        { "ECDSA_SHA384", "EC_P384" },
        { "ECDSA_SHA512", "EC_P384" },
        { "ECDSA_SHA256", "EC_P521" },
        { "ECDSA_SHA384", "EC_P521" },
        { "ECDSA_SHA512", "EC_P521" },
    };

    [Theory]
    [MemberData(nameof(AlgorithmsAndKeys))]
    public async Task OpenSSL_verifies_signatures_requested_through_curl(string algorithm, string keyAlgorithm)
    {
        var signer = await world.SignerWithAsync(keyAlgorithm);
        await WriteAsync("message", Message);
        await WriteAsync("digest", Digest(algorithm));
        await WritePublicKeyAsync(signer);

        foreach (var (data, isDigest) in new[] { (Digest(algorithm), true), (Message, false) })
        {
            await WriteAsync("signature", await CurlAsync(signer, algorithm, data, isDigest));
            await OpenSslAsync($"dgst -{Hash(algorithm)} -verify signer.pub -signature signature {Dgst(algorithm)} message");
            await OpenSslAsync($"pkeyutl -verify -pubin -inkey signer.pub -sigfile signature {Pkeyutl(algorithm)} -in digest");
        }
    }

    [Theory]
    [InlineData("EC_P256", "ECDSA_SHA256", 64)]
    [InlineData("EC_P384", "ECDSA_SHA384", 96)]
    [InlineData("EC_P521", "ECDSA_SHA512", 132)]
    public async Task Raw_ECDSA_signature_is_r_and_s_in_field_length(string keyAlgorithm, string algorithm, int length)
    {
        var signer = await world.SignerWithAsync(keyAlgorithm);
        await WriteAsync("message", Message);
        await WritePublicKeyAsync(signer);

        var raw = await CurlAsync(signer, algorithm, Message, isDigest: false, "?ecdsaFormat=raw");

        Assert.Equal(length, raw.Length);
        await File.WriteAllTextAsync(
            _files.File("signature.asn1"),
            $"asn1=SEQUENCE:signature\n[signature]\nr=INTEGER:0x{Convert.ToHexString(raw[..(length / 2)])}\ns=INTEGER:0x{Convert.ToHexString(raw[(length / 2)..])}\n");
        await OpenSslAsync("asn1parse -genconf signature.asn1 -noout -out signature");
        await OpenSslAsync($"dgst -{Hash(algorithm)} -verify signer.pub -signature signature message");
    }

    [Fact]
    public async Task Hash_in_algorithm_name_may_be_spelled_with_underscore()
    {
        var signer = await world.SignerWithAsync("RSA_2048");

        var answer = (await world.SignAsync(signer, "RSASSA_PKCS1_V1_5_SHA_256", Message, isDigest: false)).Succeeded();

        Assert.Equal("RSASSA_PKCS1_V1_5_SHA256", answer.Text("signingAlgorithm"));
    }

    [Fact]
    public async Task OpenSSL_refuses_the_signature_of_another_message()
    {
        var signer = await world.SignerWithAsync("EC_P256");
        await WritePublicKeyAsync(signer);
        await WriteAsync("message", [.. Message, (byte)'!']);
        await WriteAsync("signature", await CurlAsync(signer, "ECDSA_SHA256", Message, isDigest: false));

        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(
            () => OpenSslAsync("dgst -sha256 -verify signer.pub -signature signature message"));
    }

    public void Dispose() => _files.Dispose();

    /// <summary>The command as the product documents it; only where it goes and what it bears are filled in.</summary>
    private async Task<byte[]> CurlAsync(string signer, string algorithm, byte[] data, bool isDigest, string query = "")
    {
        var answer = await ExternalProgram.RunAsync(
            _files.Path,
            "curl",
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--request",
            "POST",
            "--url",
            $"{world.Server.Address}api/v1/pki/signers/{signer}/sign{query}",
            "--header",
            $"Authorization: Bearer {world.Administrator.Token}",
            "--header",
            "Content-Type: application/json",
            "--data",
            $$"""
            {
                "data": "{{Convert.ToBase64String(data)}}",
                "signingAlgorithm": "{{algorithm}}",
                "isDigest": {{(isDigest ? "true" : "false")}},
                "clientMetadata": {
                  "tool": "custom-pipeline",
                  "hostname": "build-server-1"
                }
              }
            """);
        var body = JsonDocument.Parse(answer).RootElement;
        Assert.Equal(algorithm, body.GetProperty("signingAlgorithm").GetString());
        Assert.Equal(signer, body.GetProperty("signerId").GetString());
        return body.GetProperty("signature").GetBytesFromBase64();
    }

    private async Task WritePublicKeyAsync(string signer)
    {
        await WriteAsync("signer.pem", await world.CertificateAsync(signer, "pem"));
        await File.WriteAllTextAsync(_files.File("signer.pub"), await OpenSslAsync("x509 -in signer.pem -noout -pubkey"));
    }

    private Task WriteAsync(string name, byte[] content) => File.WriteAllBytesAsync(_files.File(name), content);

    private Task<string> OpenSslAsync(string arguments) => ExternalProgram.OpenSslAsync(_files.Path, arguments);

    private static byte[] Digest(string algorithm) =>
        CryptographicOperations.HashData(new HashAlgorithmName(Hash(algorithm).ToUpperInvariant()), Message);

    private static string Hash(string algorithm) => "sha" + algorithm[^3..];

    private static bool IsPss(string algorithm) => algorithm.Contains("PSS", StringComparison.Ordinal);

    private static string Dgst(string algorithm) =>
        IsPss(algorithm) ? "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest" : "";

    private static string Pkeyutl(string algorithm) =>
        $"-pkeyopt digest:{Hash(algorithm)} "
        + (IsPss(algorithm) ? "-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest" : "");
}
