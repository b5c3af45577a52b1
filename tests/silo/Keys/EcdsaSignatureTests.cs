using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

public sealed class EcdsaSignatureTests
{
    private static readonly KeyAlgorithm[] Curves = [KeyAlgorithm.EcP256, KeyAlgorithm.EcP384, KeyAlgorithm.EcP521];

    [Fact]
    public void Raw_to_DER_and_back_is_the_same()
    {
        var raws = from curve in Gen.Elements(Curves)
                   let half = curve switch { KeyAlgorithm.EcP256 => 32, KeyAlgorithm.EcP384 => 48, _ => 66 }
                   from zeros in Gen.Choose(0, half - 1)
                   from r in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(half)
                   from s in Gen.Choose(1, 255).Select(b => (byte)b).ArrayOf(half)
                   select (Curve: curve, Raw: (byte[])[.. new byte[zeros], .. r[zeros..^1], (byte)(r[^1] | 1), .. s]);

        Prop.ForAll(raws.ToArbitrary(), sample =>
            EcdsaSignature.ToRaw(EcdsaSignature.ToDer(sample.Raw, sample.Curve), sample.Curve).SequenceEqual(sample.Raw))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Platform_produces_and_accepts_the_same_encodings()
    {
        foreach (var (curve, named) in Curves.Zip(
            [ECCurve.NamedCurves.nistP256, ECCurve.NamedCurves.nistP384, ECCurve.NamedCurves.nistP521]))
        {
            using var key = ECDsa.Create(named);
            for (var count = 0; count < 300; count++)
            {
                var der = key.SignHash(new byte[32], DSASignatureFormat.Rfc3279DerSequence);
                var raw = EcdsaSignature.ToRaw(der, curve);
                Assert.True(key.VerifyHash(new byte[32], raw, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
                Assert.Equal(der, EcdsaSignature.ToDer(raw, curve));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("3000")]
    [InlineData("3003020101")]
    [InlineData("3006020100020101")] // r = 0
    [InlineData("3006020101020100")] // s = 0
    [InlineData("30060201FF020101")] // r < 0
    [InlineData("300602010102010100")] // trailing byte
    [InlineData("3009020101020101020101")] // a third integer
    [InlineData("308106020101020101")] // length not in its shortest form
    [InlineData("300702020001020101")] // integer not in its shortest form
    [InlineData("3080020101020101 0000")] // indefinite length
    [InlineData("302602210100000000000000000000000000000000000000000000000000000000000000000201 01")] // r of 33 bytes
    public void Invalid_DER_signature_is_refused(string hex) =>
        Assert.Throws<CryptographicException>(
            () => EcdsaSignature.ToRaw(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), KeyAlgorithm.EcP256));

    [Fact]
    public void Invalid_raw_signature_is_refused()
    {
        var valid = new byte[132];
        valid[65] = 1;
        valid[131] = 1;
        Assert.Equal("3006020101020101", Convert.ToHexString(EcdsaSignature.ToDer(valid, KeyAlgorithm.EcP521)));

        foreach (var raw in new[] { [], new byte[132], valid[..131], [.. valid, 0], valid[..128] })
        {
            Assert.Throws<CryptographicException>(() => EcdsaSignature.ToDer(raw, KeyAlgorithm.EcP521));
        }
    }
}
