using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Opens private keys in DER: PrivateKeyInfo (RFC 5958, known as PKCS#8), RSAPrivateKey (RFC 8017, A.1.2, PKCS#1) and
/// ECPrivateKey (RFC 5915, SEC 1), whatever the label says that they are.
/// </summary>
internal static class PrivateKeyInfo
{
    private static readonly Asn1Tag Parameters = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Point = new(TagClass.ContextSpecific, 1, isConstructed: true);

    /// <summary>Whether it is an EncryptedPrivateKeyInfo (RFC 5958, section 3), which a password opens.</summary>
    public static bool IsEncrypted(ReadOnlyMemory<byte> der)
    {
        try
        {
            return new AsnReader(der, AsnEncodingRules.BER).ReadSequence().PeekTag() == Asn1Tag.Sequence;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    /// <summary>Opens a key, which the caller disposes; the caller zeroes the bytes.</summary>
    /// <param name="der">The key.</param>
    /// <param name="field">The request's field with the key.</param>
    /// <exception cref="CertificateRefusedException">It is damaged, or neither RSA nor EC on a supported curve.</exception>
    public static AsymmetricAlgorithm Open(ReadOnlyMemory<byte> der, string field)
    {
        try
        {
            var file = new AsnReader(der, AsnEncodingRules.BER);
            var key = file.ReadSequence();
            file.ThrowIfNotEmpty();
            key.ReadInteger();
            var next = key.PeekTag();
            return next == Asn1Tag.Sequence ? OpenPkcs8(der, key, field)
                : next == Asn1Tag.Integer ? OpenRsa(rsa => rsa.ImportRSAPrivateKey(der.Span, out _))
                : OpenEc(ReadOnlyMemory<byte>.Empty, der, field);
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.Malformed,
                $"The private key in '{field}' is damaged: expected PKCS#8, PKCS#1 or SEC 1; export it again from where it was made.");
        }
        finally
        {
            NativeHeap.OverwriteFreedByThread();
        }
    }

    private static AsymmetricAlgorithm OpenPkcs8(ReadOnlyMemory<byte> der, AsnReader info, string field)
    {
        var algorithm = info.ReadSequence();
        var oid = algorithm.ReadObjectIdentifier();
        return oid switch
        {
            SubjectPublicKeyInfo.RsaEncryption => OpenRsa(rsa => rsa.ImportPkcs8PrivateKey(der.Span, out _)),
            SubjectPublicKeyInfo.EcPublicKey => OpenEc(
                algorithm.HasData ? algorithm.ReadEncodedValue() : ReadOnlyMemory<byte>.Empty, Pkcs8.ReadOctets(info), field),
            SubjectPublicKeyInfo.RsassaPss => throw Unsupported(
                $"The private key in '{field}' may make RSASSA-PSS signatures only (id-RSASSA-PSS, RFC 4055), which is not supported: expected an RSA key without that restriction (rsaEncryption)."),
            _ => throw Unsupported(
                $"The private key in '{field}' is of the algorithm {AlgorithmName.Of(oid)}, which is not supported: expected {KeyAlgorithmNames.Supported}."),
        };
    }

    private static RSA OpenRsa(Action<RSA> import)
    {
        var rsa = RSA.Create();
        try
        {
            import(rsa);
            return rsa;
        }
        catch
        {
            rsa.Dispose();
            throw;
        }
    }

    // The key is written anew with its curve by name, its point uncompressed and its number as long as the curve's field.
    private static ECDsa OpenEc(ReadOnlyMemory<byte> parameters, ReadOnlyMemory<byte> ecPrivateKey, string field)
    {
        var key = new AsnReader(ecPrivateKey, AsnEncodingRules.BER).ReadSequence();
        key.ReadInteger();
        var number = Pkcs8.ReadOctets(key);
        var own = key.HasData && key.PeekTag().HasSameClassAndValue(Parameters) ? key.ReadSequence(Parameters).ReadEncodedValue() : default;
        var given = parameters.IsEmpty ? own : parameters;
        if (given.IsEmpty)
        {
            throw Unsupported($"The private key in '{field}' names no curve: convert it with 'openssl pkcs8 -topk8 -nocrypt'.");
        }

        var curve = NamedCurve.Read(given)
            ?? throw Unsupported(
                $"The private key in '{field}' is {PublicKeyName.OfCurve(given)}, which is not supported: expected {KeyAlgorithmNames.Supported}.");
        var point = key.HasData && key.PeekTag().HasSameClassAndValue(Point)
            ? curve.Uncompress(key.ReadSequence(Point).ReadBitString(out _)) ?? throw new AsnContentException()
            : null;
        using var pkcs8 = Write(curve, number.Span.TrimStart((byte)0), point);
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportPkcs8PrivateKey(pkcs8.Span, out _);
            return ecdsa;
        }
        catch
        {
            ecdsa.Dispose();
            throw;
        }
    }

    private static SecretBytes Write(NamedCurve curve, ReadOnlySpan<byte> number, byte[]? point)
    {
        if (number.Length > curve.FieldLength)
        {
            throw new AsnContentException();
        }

        using SecretBytes padded = new(curve.FieldLength);
        number.CopyTo(padded.Span[(curve.FieldLength - number.Length)..]);
        return Pkcs8.Write(curve, padded.Span, point);
    }

    private static CertificateRefusedException Unsupported(string message) => new(CertificateRefusal.UnsuitableKey, message);
}
