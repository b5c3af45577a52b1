using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;
using Xunit;
using static CodeSigning.Silo.Tests.Pki.WeakKeys;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class RsaKeyQualityTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private readonly CertificateImporter _importer = new(vault.Vault, CompromisedKeys.None, TimeProvider.System);

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    [InlineData(4096)]
    public void Keys_of_the_platform_have_no_fault(int bits)
    {
        using var rsa = RSA.Create(bits);
        var key = rsa.ExportParameters(true);

        Assert.Null(PublicFault(key));
        Assert.Null(RsaKeyQuality.FaultOf(key));
    }

    [Fact]
    public async Task Keys_of_OpenSSL_have_no_fault()
    {
        using var openSsl = new OpenSsl();
        using var rsa = RSA.Create();
        rsa.ImportFromPem(await openSsl.RunAsync("genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"));
        var key = rsa.ExportParameters(true);

        Assert.Null(PublicFault(key));
        Assert.Null(RsaKeyQuality.FaultOf(key));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(400)]
    [InlineData(510)]
    public void Primes_that_fermat_finds_are_a_fault_of_the_modulus(int bitsApart) =>
        Assert.Equal(PublicKeyFault.CloseFactors, PublicFault(CloseTo(bitsApart)));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(15)]
    public void Power_of_a_number_is_a_fault_of_the_modulus(int exponent)
    {
        var root = (BigInteger.One << (2048 / exponent)) - 1;
        while (!BigInteger.GreatestCommonDivisor(root, PrimeNumbers.ProductBelow(752)).IsOne)
        {
            root--;
        }

        Assert.Equal(
            exponent == 2 ? PublicKeyFault.CloseFactors : PublicKeyFault.PowerModulus, RsaKeyQuality.FaultOf(BigInteger.Pow(root, exponent), F4));
    }

    [Fact]
    public void Infineon_modulus_is_a_fault() => Assert.Equal(PublicKeyFault.RocaModulus, PublicFault(OfInfineon()));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(65535)]
    [InlineData(65538)]
    public void Exponent_below_65537_or_even_is_a_fault(int exponent) =>
        Assert.Equal(PublicKeyFault.WeakExponent, RsaKeyQuality.FaultOf(Number(Good().Modulus), exponent));

    [Fact]
    public void Exponent_of_more_than_256_bits_is_a_fault()
    {
        var modulus = Number(Good().Modulus);

        Assert.Null(RsaKeyQuality.FaultOf(modulus, (BigInteger.One << 256) - 1));
        Assert.Equal(PublicKeyFault.WeakExponent, RsaKeyQuality.FaultOf(modulus, (BigInteger.One << 256) + 1));
    }

    [Fact]
    public void Published_key_is_a_fault()
    {
        // RFC 7515, appendix A.2.
        const string Modulus =
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
            + "YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD"
            + "Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

        Assert.Equal(PublicKeyFault.PublishedKey, RsaKeyQuality.FaultOf(Number(Base64Url.DecodeFromChars(Modulus)), F4));
    }

    [Fact]
    public async Task Fingerprints_are_those_of_debians_lists()
    {
        using var openSsl = new OpenSsl();
        using var rsa = RSA.Create(2048);
        openSsl.Write("key", rsa.ExportRSAPrivateKeyPem());
        openSsl.Write("modulus", await openSsl.RunAsync("rsa", "-in", "key", "-noout", "-modulus"));
        var digest = await openSsl.RunAsync("dgst", "-sha1", "-r", "modulus");

        Assert.Equal(digest[20..40], PublishedKeys.FingerprintOf(rsa.ExportParameters(false).Modulus));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    public void Short_factor_is_a_fault(int bits)
    {
        var key = WithFactorOf(bits);

        Assert.Null(PublicFault(key));
        Assert.Equal(PrivateKeyFault.UnequalFactors, RsaKeyQuality.FaultOf(key));
    }

    [Fact]
    public void Factors_less_than_2_to_924_apart_are_a_fault()
    {
        var key = CloseTo(900);

        Assert.Null(PublicFault(key));
        Assert.Equal(PrivateKeyFault.AlikeFactors, RsaKeyQuality.FaultOf(key));
    }

    [Fact]
    public void Factors_in_a_small_ratio_are_a_fault() => Assert.Equal(PrivateKeyFault.AlikeFactors, RsaKeyQuality.FaultOf(InRatio()));

    [Fact]
    public void Factors_with_the_same_low_bits_are_a_fault() =>
        Assert.Equal(PrivateKeyFault.AlikeFactors, RsaKeyQuality.FaultOf(EndingAlike()));

    [Fact]
    public void First_prime_after_a_round_number_is_a_fault() =>
        Assert.Equal(PrivateKeyFault.GuessableFactor, RsaKeyQuality.FaultOf(AfterRoundNumber()));

    [Fact]
    public void Composite_factor_is_a_fault() =>
        Assert.Equal(PrivateKeyFault.CompositeFactor, RsaKeyQuality.FaultOf(WithCompositeFactor()));

    [Fact]
    public void Factor_that_pollard_finds_is_a_fault() =>
        Assert.Equal(PrivateKeyFault.SmoothFactor, RsaKeyQuality.FaultOf(WithSmoothNeighbour()));

    [Fact]
    public void Third_factor_is_a_fault() => Assert.Equal(PrivateKeyFault.FactorsDoNotMatch, RsaKeyQuality.FaultOf(OfThreePrimes()));

    [Fact]
    public void Short_private_exponent_is_a_fault() =>
        Assert.Equal(PrivateKeyFault.ShortExponent, RsaKeyQuality.FaultOf(WithShortExponent()));

    [Theory]
    [InlineData("D")]
    [InlineData("DP")]
    [InlineData("DQ")]
    [InlineData("InverseQ")]
    public void Private_part_that_does_not_match_is_a_fault(string part)
    {
        var key = Good();
        (part switch { "D" => key.D, "DP" => key.DP, "DQ" => key.DQ, _ => key.InverseQ })![^1] ^= 2;

        Assert.Equal(PrivateKeyFault.WrongExponent, RsaKeyQuality.FaultOf(key));
    }

    [Fact]
    public void Carmichael_numbers_and_squares_of_primes_are_not_prime()
    {
        foreach (var number in new BigInteger[] { 0, 1, 4, 9, 561, 41041, 3215031751, 3825123056546413051, (BigInteger)65537 * 65537 })
        {
            Assert.False(IsProbablePrime(number), $"{number}");
        }

        foreach (var number in new BigInteger[] { 2, 3, 5, 65537, (BigInteger.One << 127) - 1, (BigInteger.One << 521) - 1 })
        {
            Assert.True(IsProbablePrime(number), $"{number}");
        }
    }

    [Fact]
    public void Squares_are_distinguished_from_their_neighbours()
    {
        Assert.True(PrimeNumbers.IsSquare(0));
        for (var root = new BigInteger(2); root.GetBitLength() < 300; root = (root * 3) + 1)
        {
            Assert.True(PrimeNumbers.IsSquare(root * root));
            Assert.False(PrimeNumbers.IsSquare((root * root) + 1));
        }
    }

    [Theory]
    [InlineData("close", "Fermat")]
    [InlineData("infineon", "CVE-2017-15361")]
    [InlineData("short factor", "half as long")]
    [InlineData("near", "FIPS 186-5, A.1.3")]
    public void Import_of_a_weak_key_is_refused_with_its_cause(string kind, string cause)
    {
        var (certificate, key) = ToPem(kind switch
        {
            "close" => CloseTo(1),
            "infineon" => OfInfineon(),
            "short factor" => WithFactorOf(100),
            _ => CloseTo(900),
        });

        var refused = Assert.Throws<CertificateRefusedException>(() => _importer.ImportPem("key_i", certificate, null, key, null));

        Assert.Equal(CertificateRefusal.WeakKey, refused.Refusal);
        Assert.Contains(cause, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("; make a new key pair and have a certificate issued for it.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_of_a_key_with_exponent_3_is_refused()
    {
        using var openSsl = new OpenSsl();
        await openSsl.RunAsync(
            "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3", "-out", "key");
        await openSsl.RunAsync(
            "req", "-x509", "-key", "key", "-subj", "/CN=Three", "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
            "extendedKeyUsage=codeSigning", "-out", "certificate");
        await openSsl.RunAsync("pkcs12", "-export", "-inkey", "key", "-in", "certificate", "-out", "p12", "-passout", "pass:");

        var refused = Assert.Throws<CertificateRefusedException>(() => _importer.ImportPkcs12("key_i", openSsl.Read("p12"), ""));

        Assert.Equal(CertificateRefusal.WeakKey, refused.Refusal);
        Assert.Contains("from 65537 to 2^256 - 1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_under_a_factorable_CA_is_refused()
    {
        using var weak = RSA.Create(CloseTo(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=CA", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var issuer = authority.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        var request = new CertificateRequest("CN=Leaf", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], critical: false));
        using var leaf = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForRSA(weak, RSASignaturePadding.Pkcs1), DateTimeOffset.UtcNow,
            DateTimeOffset.UtcNow.AddDays(1), [1]);

        var refused = Assert.Throws<CertificateRefusedException>(() => _importer.ImportPem(
            "key_i", leaf.ExportCertificatePem(), issuer.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), null));

        Assert.Equal(CertificateRefusal.BrokenChain, refused.Refusal);
        Assert.Contains("can be forged by anyone", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_of_a_good_key_made_by_arithmetic_succeeds()
    {
        var (certificate, key) = ToPem(Good());

        _importer.ImportPem("key_i", certificate, null, key, null).Key.Handle.Dispose();
    }

    private static PublicKeyFault? PublicFault(RSAParameters key) =>
        RsaKeyQuality.FaultOf(Number(key.Modulus), Number(key.Exponent));
}
