using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Decrypts what a password encrypts: PBES2 and PBES1 (RFC 8018) and the schemes of PKCS#12 (RFC 7292, appendix C). The
/// platform's own readers neither name a scheme that they do not know nor count the iterations of a whole file.
/// </summary>
internal static class PasswordEncryption
{
    private const string Expected = "PBES2 with PBKDF2 and AES-CBC or 3DES, or the 3DES and RC2 schemes of PKCS#12";

    /// <summary>Decrypts a SEQUENCE.</summary>
    /// <param name="algorithm">The AlgorithmIdentifier of the encryption.</param>
    /// <param name="content">The encrypted bytes.</param>
    /// <param name="password">The password.</param>
    /// <param name="budget">Bounds the work.</param>
    /// <param name="subject">What is decrypted, in a sentence.</param>
    /// <returns>
    /// The SEQUENCE, which the caller zeroes; null if the password does not open it, or the content is damaged.
    /// </returns>
    /// <exception cref="AsnContentException">The algorithm's parameters are malformed.</exception>
    /// <exception cref="CertificateRefusedException">The algorithm is not supported, or exceeds the budget.</exception>
    public static byte[]? Decrypt(
        ReadOnlyMemory<byte> algorithm, ReadOnlyMemory<byte> content, FilePassword password, DerivationBudget budget, string subject)
    {
        using var cipher = Prepare(algorithm, password, budget, subject);
        var decrypted = cipher is null ? null : Decrypt(cipher, content.Span, subject);
        if (decrypted is null || IsSequence(decrypted))
        {
            return decrypted;
        }

        CryptographicOperations.ZeroMemory(decrypted);
        return null;
    }

    /// <summary>The refusal of an algorithm that is not supported.</summary>
    public static CertificateRefusedException Unsupported(string subject, string algorithm, string expected) => new(
        CertificateRefusal.UnsuitableKey,
        $"The encryption of {subject} uses {algorithm}, which is not supported: export it again with {expected}.");

    // Null for a key that the platform calls weak, as that of a wrong password may be.
    private static SymmetricAlgorithm? Prepare(
        ReadOnlyMemory<byte> algorithm, FilePassword password, DerivationBudget budget, string subject)
    {
        var identifier = new AsnReader(algorithm, AsnEncodingRules.BER).ReadSequence();
        var oid = identifier.ReadObjectIdentifier();
        if (oid == Oids.PbeS2)
        {
            var scheme = identifier.ReadSequence();
            return PreparePbes2(scheme.ReadSequence(), scheme.ReadSequence(), password, budget, subject);
        }

        // PBEParameter and pkcs-12PbeParams (RFC 8018, appendix A.3, and RFC 7292, appendix C).
        var known = Pbes1Scheme.ByOid(oid) ?? throw Unsupported(subject, AlgorithmName.Of(oid), Expected);
        var parameters = identifier.ReadSequence();
        var salt = parameters.ReadOctetString();
        var iterations = parameters.TryReadInt64(out var count) ? count : long.MaxValue;
        return known.Prepare((salt, iterations), password, budget, subject);
    }

    private static SymmetricAlgorithm? PreparePbes2(
        AsnReader function, AsnReader encryption, FilePassword password, DerivationBudget budget, string subject)
    {
        var oid = encryption.ReadObjectIdentifier();
        var (cipher, length) = oid switch
        {
            "2.16.840.1.101.3.4.1.2" => ((SymmetricAlgorithm)Aes.Create(), 16),
            "2.16.840.1.101.3.4.1.22" => (Aes.Create(), 24),
            "2.16.840.1.101.3.4.1.42" => (Aes.Create(), 32),
            "1.2.840.113549.3.7" => (LegacyCipher.TripleDes(), 24),
            _ => throw Unsupported(subject, AlgorithmName.Of(oid), "AES-CBC or 3DES"),
        };
        try
        {
            var vector = encryption.ReadOctetString();
            if (vector.Length != cipher.BlockSize / 8)
            {
                throw new AsnContentException();
            }

            var key = KeyDerivation.Pbkdf2(function, length, password, budget, subject);
            return LegacyCipher.WithKey(cipher, key, vector);
        }
        catch
        {
            cipher.Dispose();
            throw;
        }
    }

    private static byte[]? Decrypt(SymmetricAlgorithm cipher, ReadOnlySpan<byte> content, string subject)
    {
        if (content.IsEmpty || content.Length % (cipher.BlockSize / 8) != 0)
        {
            return null;
        }

        try
        {
            return cipher.DecryptCbc(content, cipher.IV, PaddingMode.PKCS7);
        }
        catch (CryptographicException) when (LegacyCipher.IsMissing(cipher))
        {
            throw Unsupported(subject, $"{(cipher is RC2 ? "RC2" : "DES")}, which the cryptographic library of this server has no more", Expected);
        }
        catch (CryptographicException)
        {
            return null; // Its padding is wrong.
        }
    }

    private static bool IsSequence(ReadOnlySpan<byte> content) =>
        AsnDecoder.TryReadEncodedValue(content, AsnEncodingRules.BER, out var tag, out _, out _, out var length)
        && tag == Asn1Tag.Sequence && length == content.Length;
}

/// <summary>A scheme of PBES1 (RFC 8018, section 6.1) or of PKCS#12 (RFC 7292, appendix C).</summary>
/// <param name="Oid">Its object identifier.</param>
/// <param name="Hash">The hash of its key derivation.</param>
/// <param name="KeyLength">The length of the derived key, in bytes.</param>
/// <param name="IsPkcs12">Whether it is one of PKCS#12.</param>
/// <param name="Create">Creates the cipher.</param>
internal sealed record Pbes1Scheme(string Oid, HashAlgorithmName Hash, int KeyLength, bool IsPkcs12, Func<SymmetricAlgorithm> Create)
{
    private static readonly Pbes1Scheme[] All =
    [
        new("1.2.840.113549.1.5.3", HashAlgorithmName.MD5, 8, false, LegacyCipher.Des),
        new("1.2.840.113549.1.5.6", HashAlgorithmName.MD5, 8, false, LegacyCipher.Rc2),
        new("1.2.840.113549.1.5.10", HashAlgorithmName.SHA1, 8, false, LegacyCipher.Des),
        new("1.2.840.113549.1.5.11", HashAlgorithmName.SHA1, 8, false, LegacyCipher.Rc2),
        new("1.2.840.113549.1.12.1.3", HashAlgorithmName.SHA1, 24, true, LegacyCipher.TripleDes),
        new("1.2.840.113549.1.12.1.4", HashAlgorithmName.SHA1, 16, true, LegacyCipher.TripleDes),
        new("1.2.840.113549.1.12.1.5", HashAlgorithmName.SHA1, 16, true, LegacyCipher.Rc2),
        new("1.2.840.113549.1.12.1.6", HashAlgorithmName.SHA1, 5, true, LegacyCipher.Rc2),
    ];

    /// <summary>The scheme with this object identifier; null if it is not supported.</summary>
    public static Pbes1Scheme? ByOid(string oid) => Array.Find(All, scheme => scheme.Oid == oid);

    /// <summary>The cipher with its key and initialization vector, which the caller disposes; null for a weak key.</summary>
    public SymmetricAlgorithm? Prepare(
        (ReadOnlyMemory<byte> Salt, long Iterations) parameters, FilePassword password, DerivationBudget budget, string subject)
    {
        var cipher = Create();
        try
        {
            byte[] key, vector;
            if (IsPkcs12)
            {
                key = KeyDerivation.Pkcs12(Hash, KeyDerivation.Purpose.Key, KeyLength, parameters, password, budget, subject);
                key = key.Length == 16 && cipher is TripleDES ? [.. key, .. key[..8]] : key; // Two keys, of which the first serves twice.
                vector = KeyDerivation.Pkcs12(
                    Hash, KeyDerivation.Purpose.Vector, cipher.BlockSize / 8, parameters, password, budget, subject);
            }
            else
            {
                var derived = KeyDerivation.Pbkdf1(Hash, parameters.Salt.Span, parameters.Iterations, password, budget, subject);
                (key, vector) = (derived[..8], derived[8..16]);
                CryptographicOperations.ZeroMemory(derived);
            }

            return LegacyCipher.WithKey(cipher, key, vector);
        }
        catch
        {
            cipher.Dispose();
            throw;
        }
    }
}

/// <summary>
/// The ciphers of old files. They open what is imported and encrypt nothing; the platform's library may have put some of
/// them away.
/// </summary>
internal static class LegacyCipher
{
#pragma warning disable CA5350, CA5351 // Files of others are encrypted as they are; the key is sealed anew with AES-GCM.
    /// <summary>3DES.</summary>
    public static SymmetricAlgorithm TripleDes() => TripleDES.Create();

    /// <summary>DES.</summary>
    public static SymmetricAlgorithm Des() => DES.Create();

    /// <summary>RC2, whose effective key is as long as the key itself.</summary>
    public static SymmetricAlgorithm Rc2() => RC2.Create();
#pragma warning restore CA5350, CA5351

    /// <summary>
    /// The cipher with a key, which is zeroed, and an initialization vector; null, and the cipher disposed, if the platform
    /// calls the key weak.
    /// </summary>
    public static SymmetricAlgorithm? WithKey(SymmetricAlgorithm cipher, byte[] key, ReadOnlySpan<byte> vector)
    {
        try
        {
            cipher.Key = key;
            cipher.IV = vector.ToArray();
            return cipher;
        }
        catch (CryptographicException)
        {
            cipher.Dispose();
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Whether the platform's library cannot run this cipher at all.</summary>
    public static bool IsMissing(SymmetricAlgorithm cipher)
    {
        if (cipher is not (RC2 or DES))
        {
            return false;
        }

        try
        {
            cipher.EncryptCbc(new byte[8], cipher.IV);
            return false;
        }
        catch (CryptographicException)
        {
            return true;
        }
    }
}
