using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>Reads one private key from PEM (RFC 7468).</summary>
internal static class PrivateKeyPem
{
    private const string Pkcs8 = "PRIVATE KEY";
    private const string EncryptedPkcs8 = "ENCRYPTED PRIVATE KEY";
    private const string Pkcs1 = "RSA PRIVATE KEY";
    private const string Sec1 = "EC PRIVATE KEY";

    // OpenSSL writes this block before SEC 1 keys, which contain their curve themselves.
    private const string CurveParameters = "EC PARAMETERS";

    /// <summary>Reads the key, which must have the certificate's algorithm. The caller disposes it.</summary>
    /// <exception cref="CertificateRefusedException">There is no key or several, or it cannot be opened.</exception>
    public static AsymmetricAlgorithm Read(string text, string? password, CertificateDetails certificate)
    {
        var block = FindOnly(text);
        using var decoded = new SecretBytes(block.DecodedLength);
        if (!Convert.TryFromBase64Chars(text.AsSpan()[block.Base64], decoded.Span, out var length))
        {
            throw Malformed();
        }

        AsymmetricAlgorithm key = certificate.KeyAlgorithm is { } kind && kind.IsRsa() ? RSA.Create() : ECDsa.Create();
        try
        {
            Import(key, block.Label, decoded.Span[..length], password);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static (string Label, Range Base64, int DecodedLength) FindOnly(string text)
    {
        (string Label, Range Base64, int DecodedLength)? found = null;
        var place = 0;
        while (PemEncoding.TryFind(text.AsSpan(place), out var fields))
        {
            var label = text.AsSpan(place)[fields.Label];
            if (!label.SequenceEqual(CurveParameters))
            {
                if (found is not null)
                {
                    throw new CertificateRefusedException(
                        CertificateRefusal.SeveralPrivateKeys, "The private key contains more than one PEM block: give the key alone.");
                }

                var base64 = (place + fields.Base64Data.Start.Value)..(place + fields.Base64Data.End.Value);
                found = (label.ToString(), base64, fields.DecodedDataLength);
            }

            place += fields.Location.End.Value;
        }

        return found ?? throw new CertificateRefusedException(
            CertificateRefusal.NoPrivateKey,
            "The PEM text contains no private key: expected PKCS#8 (plain or encrypted), PKCS#1 or SEC 1; convert keys in OpenSSL's "
            + "old encrypted format (DEK-Info) with 'openssl pkcs8 -topk8'.");
    }

    private static void Import(AsymmetricAlgorithm key, string label, Span<byte> content, string? password)
    {
        try
        {
            var read = 0;
            switch (label)
            {
                case Pkcs8:
                    key.ImportPkcs8PrivateKey(content, out read);
                    break;
                case EncryptedPkcs8:
                    ImportEncrypted(key, content, password);
                    return;
                case Pkcs1 when key is RSA rsa:
                    rsa.ImportRSAPrivateKey(content, out read);
                    break;
                case Sec1 when key is ECDsa ecdsa:
                    ecdsa.ImportECPrivateKey(content, out read);
                    break;
                case Pkcs1 or Sec1:
                    throw new CertificateRefusedException(
                        CertificateRefusal.KeyMismatch, "The private key has another algorithm than the certificate's key.");
                default:
                    throw new CertificateRefusedException(
                        CertificateRefusal.NoPrivateKey, "The PEM text contains no private key: expected PKCS#8, PKCS#1 or SEC 1.");
            }

            if (read != content.Length)
            {
                throw Malformed();
            }
        }
        catch (Exception fault) when (fault is CryptographicException or PlatformNotSupportedException)
        {
            throw Malformed();
        }
    }

    private static void ImportEncrypted(AsymmetricAlgorithm key, Span<byte> content, string? password)
    {
        EncryptedPrivateKey.EnsureBounded(content.ToArray());
        try
        {
            key.ImportEncryptedPkcs8PrivateKey(password, content, out _);
        }
        catch (Exception fault) when (fault is CryptographicException or PlatformNotSupportedException)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.WrongPassword, "The private key's password is incorrect, or the key has another algorithm than the certificate's key.");
        }
    }

    private static CertificateRefusedException Malformed() => new(
        CertificateRefusal.Malformed, "The private key is malformed, or has another algorithm than the certificate's key.");
}

/// <summary>Bounds the key derivation work of an EncryptedPrivateKeyInfo (RFC 5958, section 3) before it is done.</summary>
internal static class EncryptedPrivateKey
{
    /// <summary>The maximum number of key derivation iterations per file.</summary>
    public const int MostIterations = 600_000;

    /// <exception cref="CertificateRefusedException">It exceeds the limit, or is not an encrypted key.</exception>
    public static void EnsureBounded(ReadOnlyMemory<byte> encryptedPrivateKeyInfo)
    {
        try
        {
            var encryption = new AsnReader(encryptedPrivateKeyInfo, AsnEncodingRules.BER).ReadSequence().ReadSequence();
            if (Iterations(encryption) is not (> 0 and <= MostIterations))
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.LimitExceeded,
                    $"The private key's encryption is invalid: expected 1 to {MostIterations} iterations of key derivation.");
            }
        }
        catch (AsnContentException)
        {
            throw new CertificateRefusedException(CertificateRefusal.Malformed, "The private key is malformed: expected PKCS#8, PKCS#1 or SEC 1.");
        }
    }

    private static int Iterations(AsnReader encryption)
    {
        var parameters = ReadAlgorithm(encryption, out var scheme);
        if (scheme == Oids.PbeS2)
        {
            parameters = ReadAlgorithm(parameters.ReadSequence(), out var derivation);
            if (derivation != Oids.Pbkdf2)
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.UnsuitableKey, "The private key's encryption is not supported: expected PBES2 with PBKDF2.");
            }
        }

        // PBKDF2-params and PBEParameter alike begin with salt and iteration count (RFC 8018, appendix A).
        parameters.ReadOctetString();
        return parameters.TryReadInt32(out var iterations) ? iterations : int.MaxValue;
    }

    private static AsnReader ReadAlgorithm(AsnReader algorithm, out string oid)
    {
        oid = algorithm.ReadObjectIdentifier();
        return algorithm.ReadSequence();
    }
}
