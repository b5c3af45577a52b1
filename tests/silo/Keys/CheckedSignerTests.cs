using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

public sealed class CheckedSignerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData(SigningAlgorithm.RsaPkcs1Sha256)]
    [InlineData(SigningAlgorithm.RsaPssSha512)]
    public async Task RSA_signature_that_fails_verification_is_never_returned(SigningAlgorithm scheme)
    {
        using var key = await vault.OpenAsync(KeyAlgorithm.Rsa2048);
        using var otherKey = RSA.Create(2048);
        var certificateKey = otherKey.ExportSubjectPublicKeyInfo();
        var signer = new CheckedSigner(ecdsaCheckEvery: 0);

        Assert.NotEmpty(signer.SignDigest(key, key.PublicKey.Span, scheme, new byte[scheme.DigestLength()]));
        for (var count = 0; count < 3; count++)
        {
            Assert.Throws<SignatureCheckException>(
                () => signer.SignDigest(key, certificateKey, scheme, new byte[scheme.DigestLength()]));
        }

        Assert.NotEmpty(signer.SignDigest(key, key.PublicKey.Span, scheme, new byte[scheme.DigestLength()]));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 12)]
    [InlineData(4, 3)]
    public async Task ECDSA_signatures_are_checked_at_the_configured_interval(int checkEvery, int expectedRefusals)
    {
        using var key = await vault.OpenAsync(KeyAlgorithm.EcP256);
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var certificateKey = otherKey.ExportSubjectPublicKeyInfo();
        var signer = new CheckedSigner(checkEvery);
        var refusals = 0;

        for (var count = 0; count < 12; count++)
        {
            try
            {
                signer.SignDigest(key, certificateKey, SigningAlgorithm.EcdsaSha256, new byte[32]);
            }
            catch (SignatureCheckException)
            {
                refusals++;
            }
        }

        Assert.Equal(expectedRefusals, refusals);
    }

    [Fact]
    public async Task Certificate_of_another_kind_of_key_is_refused()
    {
        using var key = await vault.OpenAsync(KeyAlgorithm.Rsa2048);
        using var ecKey = await vault.OpenAsync(KeyAlgorithm.EcP256);

        Assert.Throws<SignatureCheckException>(
            () => new CheckedSigner(1).SignDigest(key, ecKey.PublicKey.Span, SigningAlgorithm.RsaPkcs1Sha256, new byte[32]));
    }
}
