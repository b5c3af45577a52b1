using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Pki;

public sealed class PublicKeyRulesTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static readonly byte[] F4 = [1, 0, 1];

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.Rsa3072)]
    [InlineData(KeyAlgorithm.Rsa4096)]
    [InlineData(KeyAlgorithm.EcP256)]
    [InlineData(KeyAlgorithm.EcP384)]
    [InlineData(KeyAlgorithm.EcP521)]
    public async Task Generated_keys_have_no_fault(KeyAlgorithm kind)
    {
        using var key = await vault.OpenAsync(kind);

        Assert.Equal((kind, null), PublicKeyRules.Judge(key.PublicKey));
    }

    [Theory]
    [InlineData("01", PublicKeyFault.WeakExponent)]
    [InlineData("02", PublicKeyFault.WeakExponent)]
    [InlineData("010000", PublicKeyFault.WeakExponent)]
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000000001", PublicKeyFault.WeakExponent)]
    [InlineData("03", PublicKeyFault.WeakExponent)]
    [InlineData("010001", null)]
    public void Exponent_is_odd_and_neither_small_nor_huge(string exponent, PublicKeyFault? fault) =>
        Assert.Equal(fault, PublicKeyRules.Judge(Rsa(GoodModulus(), Convert.FromHexString(exponent))).Fault);

    [Fact]
    public void Modulus_that_is_even_square_or_divisible_is_weak()
    {
        var good = new BigInteger(GoodModulus(), isUnsigned: true, isBigEndian: true);
        foreach (var factor in new[] { 3, 5, 7, 743, 751 })
        {
            var divisible = good - (good % (2 * factor)) + factor;
            Assert.Equal(PublicKeyFault.WeakModulus, FaultOf(divisible));
        }

        Assert.Equal(PublicKeyFault.WeakModulus, FaultOf(good - 1));

        var root = (BigInteger.One << 1024) - 105; // a prime
        Assert.Equal(PublicKeyFault.CloseFactors, FaultOf(root * root));

        static PublicKeyFault? FaultOf(BigInteger modulus) =>
            PublicKeyRules.Judge(Rsa(modulus.ToByteArray(isUnsigned: true, isBigEndian: true), F4)).Fault;
    }

    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(2040)]
    [InlineData(2056)]
    public void RSA_key_of_another_size_is_not_supported(int bits)
    {
        using var rsa = RSA.Create(bits);

        Assert.Equal(PublicKeyFault.Unsupported, PublicKeyRules.Judge(rsa.ExportSubjectPublicKeyInfo()).Fault);
    }

    [Fact]
    public void Endless_modulus_is_refused_before_any_arithmetic()
    {
        var modulus = new byte[200_000];
        modulus.AsSpan().Fill(0xff);

        Assert.Equal(PublicKeyFault.Unsupported, PublicKeyRules.Judge(Rsa(modulus, F4)).Fault);
    }

    [Fact]
    public void Negative_modulus_is_refused()
    {
        var modulus = GoodModulus();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(modulus);
            writer.WriteIntegerUnsigned(F4);
        }

        Assert.NotNull(PublicKeyRules.Judge(Info(writer.Encode())).Fault);
    }

    [Theory]
    [InlineData(KeyAlgorithm.EcP256)]
    [InlineData(KeyAlgorithm.EcP384)]
    [InlineData(KeyAlgorithm.EcP521)]
    public async Task Point_that_is_not_on_its_curve_is_malformed(KeyAlgorithm kind)
    {
        using var key = await vault.OpenAsync(kind);
        var info = key.PublicKey.ToArray();
        info[^1] ^= 1;

        Assert.Equal(PublicKeyFault.Malformed, PublicKeyRules.Judge(info).Fault);
    }

    [Fact]
    public async Task Point_at_infinity_is_malformed()
    {
        using var key = await vault.OpenAsync(KeyAlgorithm.EcP256);
        var reader = new AsnReader(key.PublicKey, AsnEncodingRules.DER).ReadSequence();
        var algorithm = reader.ReadEncodedValue();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(algorithm.Span);
            writer.WriteBitString([0]);
        }

        Assert.Equal(PublicKeyFault.Malformed, PublicKeyRules.Judge(writer.Encode()).Fault);
    }

    [Fact]
    public async Task Other_curves_and_other_kinds_of_key_are_not_supported()
    {
        using var brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        Assert.Equal(PublicKeyFault.Unsupported, PublicKeyRules.Judge(brainpool.ExportSubjectPublicKeyInfo()).Fault);

        using var openSsl = new OpenSsl();
        foreach (var (name, arguments) in new (string, string[])[]
        {
            ("ed25519", ["-algorithm", "ed25519"]),
            ("pss", ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]),
            ("k1", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
        })
        {
            await openSsl.RunAsync(["genpkey", .. arguments, "-out", name]);
            await openSsl.RunAsync("pkey", "-in", name, "-pubout", "-outform", "DER", "-out", $"{name}.pub");
            Assert.Equal(PublicKeyFault.Unsupported, PublicKeyRules.Judge(openSsl.Read($"{name}.pub")).Fault);
        }
    }

    [Fact]
    public async Task Altered_bytes_are_judged_and_never_crash()
    {
        foreach (var kind in new[] { KeyAlgorithm.Rsa2048, KeyAlgorithm.EcP256 })
        {
            using var key = await vault.OpenAsync(kind);
            var info = key.PublicKey.ToArray();
            for (var place = 0; place < Math.Min(info.Length, 64); place++)
            {
                foreach (var mask in new byte[] { 1, 0x20, 0x80, 0xff })
                {
                    var altered = info.ToArray();
                    altered[place] ^= mask;
                    var (algorithm, fault) = PublicKeyRules.Judge(altered);
                    Assert.NotEqual(algorithm is null, fault is null);
                }

                Assert.NotNull(PublicKeyRules.Judge(info.AsMemory(0, place)).Fault);
            }
        }
    }

    private static byte[] GoodModulus()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportParameters(false).Modulus!;
    }

    private static byte[] Rsa(byte[] modulus, byte[] exponent)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(modulus);
            writer.WriteIntegerUnsigned(exponent);
        }

        return Info(writer.Encode());
    }

    private static byte[] Info(byte[] rsaPublicKey)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                writer.WriteNull();
            }

            writer.WriteBitString(rsaPublicKey);
        }

        return writer.Encode();
    }
}
