using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Stores.Tests;

/// <summary>What is signed, and how whoever has the certificate verifies it.</summary>
internal static class Digests
{
    public static byte[] New() => RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    /// <summary>Signs with a signer, and verifies the signature with nothing but its certificate.</summary>
    public static async Task<Answer> SignAndVerifyAsync(this Api caller, string signer, string algorithm = "ECDSA_SHA256")
    {
        var digest = New();
        var answer = await caller.SignAsync(signer, digest, algorithm);
        var signature = Convert.FromBase64String(answer.Text("signature"));
        using var certificate = X509Certificate2.CreateFromPem(
            (await caller.GetAsync($"/api/v1/pki/signers/{signer}/certificate?format=pem")).Succeeded().Body);
        Assert.True(Verify(certificate, digest, signature, algorithm), $"The signature of {signer} does not verify.");
        return answer;
    }

    private static bool Verify(X509Certificate2 certificate, byte[] digest, byte[] signature, string algorithm)
    {
        if (algorithm == "ECDSA_SHA256")
        {
            using var ec = certificate.GetECDsaPublicKey()!;
            return ec.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence);
        }

        using var rsa = certificate.GetRSAPublicKey()!;
        var padding = algorithm == "RSASSA_PSS_SHA256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return rsa.VerifyHash(digest, signature, HashAlgorithmName.SHA256, padding);
    }
}
