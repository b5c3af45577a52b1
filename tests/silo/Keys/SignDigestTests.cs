using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

public sealed class SignDigestTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static readonly byte[] Data = "what is signed"u8.ToArray();

    public static TheoryData<KeyAlgorithm, SigningAlgorithm> FittingPairs() => Pairs(fitting: true);

    public static TheoryData<KeyAlgorithm, SigningAlgorithm> UnfittingPairs() => Pairs(fitting: false);

    [Theory]
    [MemberData(nameof(FittingPairs))]
    public async Task OpenSSL_verifies_signatures_over_data_and_over_digest(KeyAlgorithm kind, SigningAlgorithm scheme)
    {
        using var openSsl = new OpenSsl();
        using var key = await vault.OpenAsync(kind);
        var digest = CryptographicOperations.HashData(scheme.Hash(), Data);

        var signature = key.SignDigest(scheme, digest);

        var hash = scheme.Hash().Name!;
        var publicKey = openSsl.Write("key.pem", PemEncoding.WriteString("PUBLIC KEY", key.PublicKey.Span));
        var data = openSsl.Write("data", Data);
        var digestFile = openSsl.Write("digest", digest);
        var signatureFile = openSsl.Write("signature", signature);
        string[] dgstPss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
        string[] pkeyPss = ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"];
        var overData = await openSsl.RunAsync(
            ["dgst", $"-{hash}", "-verify", publicKey, "-signature", signatureFile, .. scheme.IsPss() ? dgstPss : [], data]);
        var overDigest = await openSsl.RunAsync(
            ["pkeyutl", "-verify", "-pubin", "-inkey", publicKey, "-sigfile", signatureFile, "-in", digestFile,
                "-pkeyopt", $"digest:{hash}", .. scheme.IsPss() ? pkeyPss : []]);
        Assert.Contains("Verified OK", overData, StringComparison.Ordinal);
        Assert.Contains("Signature Verified Successfully", overDigest, StringComparison.Ordinal);
        using var verificationKey = VerificationKey.FromSubjectPublicKeyInfo(key.PublicKey.Span);
        Assert.Equal(kind, verificationKey.Algorithm);
        Assert.True(verificationKey.Verify(scheme, digest, signature));
    }

    [Theory]
    [MemberData(nameof(UnfittingPairs))]
    public async Task Scheme_that_does_not_fit_the_key_is_refused(KeyAlgorithm kind, SigningAlgorithm scheme)
    {
        using var key = await vault.OpenAsync(kind);
        using var verificationKey = VerificationKey.FromSubjectPublicKeyInfo(key.PublicKey.Span);

        Assert.Throws<ArgumentException>(() => key.SignDigest(scheme, new byte[scheme.DigestLength()]));
        Assert.False(verificationKey.Verify(scheme, new byte[scheme.DigestLength()], new byte[256]));
    }

    [Theory]
    [MemberData(nameof(FittingPairs))]
    public async Task Only_a_digest_of_the_schemes_length_is_signed(KeyAlgorithm kind, SigningAlgorithm scheme)
    {
        using var key = await vault.OpenAsync(kind);

        foreach (var length in new[] { 0, 1, 20, 31, 32, 33, 47, 48, 49, 63, 64, 65, 128, 129 }.Where(n => n != scheme.DigestLength()))
        {
            Assert.Throws<ArgumentException>(() => key.SignDigest(scheme, new byte[length]));
        }
    }

    [Theory]
    [MemberData(nameof(FittingPairs))]
    public async Task Malformed_or_altered_signature_does_not_verify(KeyAlgorithm kind, SigningAlgorithm scheme)
    {
        using var key = await vault.OpenAsync(kind);
        using var verificationKey = VerificationKey.FromSubjectPublicKeyInfo(key.PublicKey.Span);
        var digest = RandomNumberGenerator.GetBytes(scheme.DigestLength());
        var signature = key.SignDigest(scheme, digest);
        var otherDigest = digest.ToArray();
        otherDigest[0] ^= 1;

        Assert.False(verificationKey.Verify(scheme, otherDigest, signature));
        Assert.False(verificationKey.Verify(scheme, digest, []));
        Assert.False(verificationKey.Verify(scheme, digest, signature.AsSpan(1)));
        Assert.False(verificationKey.Verify(scheme, digest, [.. signature, 0]));
        Assert.False(verificationKey.Verify(scheme, digest, new byte[signature.Length]));
        foreach (var place in new[] { 0, 1, signature.Length / 2, signature.Length - 1 })
        {
            var altered = signature.ToArray();
            altered[place] ^= 1;
            Assert.False(verificationKey.Verify(scheme, digest, altered));
        }
    }

    [Fact]
    public async Task Ten_thousand_ECDSA_signatures_of_one_digest_share_no_r()
    {
        using var key = await vault.OpenAsync(KeyAlgorithm.EcP256);
        var seen = new HashSet<string>();

        for (var count = 0; count < 10_000; count++)
        {
            var raw = EcdsaSignature.ToRaw(key.SignDigest(SigningAlgorithm.EcdsaSha256, new byte[32]), KeyAlgorithm.EcP256);
            Assert.True(seen.Add(Convert.ToHexString(raw.AsSpan(0, 32))));
        }
    }

    [Fact]
    public async Task PSS_signatures_differ_each_time_and_PKCS1_signatures_do_not()
    {
        using var key = await vault.OpenAsync(KeyAlgorithm.Rsa2048);

        Assert.NotEqual(
            key.SignDigest(SigningAlgorithm.RsaPssSha256, new byte[32]), key.SignDigest(SigningAlgorithm.RsaPssSha256, new byte[32]));
        Assert.Equal(
            key.SignDigest(SigningAlgorithm.RsaPkcs1Sha256, new byte[32]), key.SignDigest(SigningAlgorithm.RsaPkcs1Sha256, new byte[32]));
    }

    [Fact]
    public async Task PSS_signature_without_its_leading_zero_does_not_verify()
    {
        using var key = await vault.OpenAsync(KeyAlgorithm.Rsa2048);
        using var verificationKey = VerificationKey.FromSubjectPublicKeyInfo(key.PublicKey.Span);
        byte[] signature;
        do
        {
            signature = key.SignDigest(SigningAlgorithm.RsaPssSha256, new byte[32]);
        }
        while (signature[0] != 0);

        Assert.True(verificationKey.Verify(SigningAlgorithm.RsaPssSha256, new byte[32], signature));
        Assert.False(verificationKey.Verify(SigningAlgorithm.RsaPssSha256, new byte[32], signature.AsSpan(1)));
    }

    private static TheoryData<KeyAlgorithm, SigningAlgorithm> Pairs(bool fitting)
    {
        var pairs = new TheoryData<KeyAlgorithm, SigningAlgorithm>();
        foreach (var kind in Enum.GetValues<KeyAlgorithm>())
        {
            foreach (var scheme in Enum.GetValues<SigningAlgorithm>().Where(scheme => scheme.Fits(kind) == fitting))
            {
                pairs.Add(kind, scheme);
            }
        }

        return pairs;
    }
}
