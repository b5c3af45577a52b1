using System.Numerics;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

/// <summary>Whoever adds an algorithm finds here what was forgotten.</summary>
public sealed class KeyAlgorithmTests
{
    public static TheoryData<KeyAlgorithm> Keys => new(Enum.GetValues<KeyAlgorithm>());

    public static TheoryData<SigningAlgorithm> Schemes => new(Enum.GetValues<SigningAlgorithm>());

    [Theory]
    [MemberData(nameof(Keys))]
    public void Key_algorithm_is_complete(KeyAlgorithm algorithm)
    {
        using var key = KeyAlgorithms.Create(algorithm);

        Assert.Equal(algorithm, KeyAlgorithms.Of(key));
        Assert.True(KeyAlgorithmNames.TryParse(algorithm.ToWireName(), out var named));
        Assert.Equal(algorithm, named);
        Assert.Equal(key is RSA, algorithm.IsRsa());
        Assert.True(algorithm.CertificateScheme().Fits(algorithm));
        if (key is ECDsa curve)
        {
            var order = curve.ExportExplicitParameters(includePrivateParameters: false).Curve.Order;
            Assert.Equal(new BigInteger(order, isUnsigned: true, isBigEndian: true), algorithm.Order());
            Assert.Equal((curve.KeySize + 7) / 8, algorithm.FieldLength());
        }
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Signing_algorithm_is_complete(SigningAlgorithm algorithm)
    {
        Assert.True(SigningAlgorithmNames.TryParse(algorithm.ToWireName(), out var named));
        Assert.Equal(algorithm, named);
        Assert.Equal(algorithm.DigestLength(), CryptographicOperations.HashData(algorithm.Hash(), ReadOnlySpan<byte>.Empty).Length);
        Assert.Equal(algorithm.DigestLength(), SigningAlgorithmNames.DigestLengthOf(algorithm.HashLabel()));
        Assert.Contains(Enum.GetValues<KeyAlgorithm>(), key => algorithm.Fits(key));
        Assert.EndsWith(algorithm.HashLabel().Replace("-", "_", StringComparison.Ordinal), algorithm.ToWireName(), StringComparison.OrdinalIgnoreCase);
    }
}
