using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>Verifies the MAC of a PKCS#12 file: that of RFC 7292, appendix A, or PBMAC1 (RFC 9579).</summary>
internal static class Pkcs12Mac
{
    private const string Subject = "the PKCS#12 file's MAC";
    private const string Pbmac1 = "1.2.840.113549.1.5.14";

    /// <summary>Whether the password made the MAC over the content.</summary>
    /// <exception cref="AsnContentException">The MacData is malformed.</exception>
    /// <exception cref="CertificateRefusedException">Its algorithm is not supported, or exceeds the budget.</exception>
    public static bool Verify(ReadOnlyMemory<byte> macData, ReadOnlyMemory<byte> content, FilePassword password, DerivationBudget budget)
    {
        var data = new AsnReader(macData, AsnEncodingRules.BER).ReadSequence();
        var info = data.ReadSequence();
        var algorithm = info.ReadSequence();
        var expected = info.ReadOctetString();
        var salt = data.ReadOctetString();
        var iterations = !data.HasData ? 1 : data.TryReadInt64(out var count) ? count : long.MaxValue;

        var oid = algorithm.ReadObjectIdentifier();
        if (oid == Pbmac1)
        {
            return VerifyPbmac1(algorithm.ReadSequence(), expected, content, password, budget);
        }

        var hash = HashOf(oid) ?? throw Unsupported(oid);
        var key = KeyDerivation.Pkcs12(
            hash, KeyDerivation.Purpose.Mac, KeyDerivation.LengthOf(hash), (salt, iterations), password, budget, Subject);
        return IsMac(hash, key, content, expected);
    }

    // PBMAC1-params (RFC 8018, appendix A.5); salt and iterations of the MacData mean nothing then (RFC 9579, section 3).
    private static bool VerifyPbmac1(
        AsnReader parameters, byte[] expected, ReadOnlyMemory<byte> content, FilePassword password, DerivationBudget budget)
    {
        var function = parameters.ReadSequence();
        var scheme = parameters.ReadSequence().ReadObjectIdentifier();
        var hash = KeyDerivation.HashOfHmac(scheme) ?? throw Unsupported(scheme);
        var key = KeyDerivation.Pbkdf2(function, length: null, password, budget, Subject);
        return IsMac(hash, key, content, expected);
    }

    private static bool IsMac(HashAlgorithmName hash, byte[] key, ReadOnlyMemory<byte> content, byte[] expected)
    {
        var actual = CryptographicOperations.HmacData(hash, key, content.Span);
        CryptographicOperations.ZeroMemory(key);
        return CryptographicOperations.FixedTimeEquals(actual, expected);
    }

    private static HashAlgorithmName? HashOf(string oid) => oid switch
    {
        "1.2.840.113549.2.5" => HashAlgorithmName.MD5,
        "1.3.14.3.2.26" => HashAlgorithmName.SHA1,
        Oids.Sha256 => HashAlgorithmName.SHA256,
        Oids.Sha384 => HashAlgorithmName.SHA384,
        Oids.Sha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static CertificateRefusedException Unsupported(string oid) => new(
        CertificateRefusal.UnsuitableKey,
        $"{char.ToUpperInvariant(Subject[0])}{Subject[1..]} uses {AlgorithmName.Of(oid)}, which is not supported: export it again with a MAC of SHA-1, SHA-256, SHA-384 or SHA-512.");
}
