using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Private keys as PKCS#8 (RFC 5958), in memory that is zeroed: the platform's own encoders leave copies of EC keys in the managed heap.
/// </summary>
internal static class Pkcs8
{
    private const int Longest = 4096;

    private static readonly Asn1Tag Point = new(TagClass.ContextSpecific, 1, isConstructed: true);

    /// <summary>Exports a key; the caller disposes the result.</summary>
    /// <exception cref="CryptographicException">The key algorithm is not supported.</exception>
    public static SecretBytes Export(AsymmetricAlgorithm key)
    {
        try
        {
            return key is ECDsa ecdsa ? ExportEc(ecdsa) : ExportAny(key);
        }
        finally
        {
            NativeHeap.OverwriteFreedByThread();
        }
    }

    /// <summary>Writes a key on a curve; the caller disposes the result.</summary>
    /// <param name="curve">The curve.</param>
    /// <param name="number">The private number, of the length of the curve's field.</param>
    /// <param name="point">The public point, uncompressed; null if it is not known.</param>
    public static SecretBytes Write(NamedCurve curve, ReadOnlySpan<byte> number, ReadOnlySpan<byte> point)
    {
        // The writer's own buffers cannot all be zeroed, so the number is put into what it has written.
        var placeholder = RandomNumberGenerator.GetBytes(curve.FieldLength);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(SubjectPublicKeyInfo.EcPublicKey);
                writer.WriteObjectIdentifier(curve.Oid);
            }

            using (writer.PushOctetString())
            {
                WriteEcPrivateKey(writer, placeholder, point);
            }
        }

        var pkcs8 = new SecretBytes(writer.GetEncodedLength());
        writer.Encode(pkcs8.Span);
        number.CopyTo(pkcs8.Span[pkcs8.Span.IndexOf(placeholder)..]);
        return pkcs8;
    }

    /// <summary>Reads an OCTET STRING, without a copy where it is in one piece.</summary>
    /// <exception cref="AsnContentException">There is none.</exception>
    public static ReadOnlyMemory<byte> ReadOctets(AsnReader reader) =>
        reader.TryReadPrimitiveOctetString(out var contents) ? contents : reader.ReadOctetString();

    private static SecretBytes ExportAny(AsymmetricAlgorithm key)
    {
        using SecretBytes buffer = new(Longest);
        return key.TryExportPkcs8PrivateKey(buffer.Span, out var length)
            ? SecretBytes.CopyOf(buffer.Span[..length])
            : throw new CryptographicException("The key is longer than any supported algorithm allows.");
    }

    private static SecretBytes ExportEc(ECDsa ecdsa)
    {
        var key = ecdsa.ExportParameters(true);
        try
        {
            var curve = KeyAlgorithms.Of(ecdsa) is { } algorithm
                ? NamedCurve.Of(algorithm)!
                : throw new CryptographicException($"The key algorithm is not supported: expected {KeyAlgorithmNames.Supported}.");
            return Write(curve, key.D, [4, .. key.Q.X!, .. key.Q.Y!]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.D);
        }
    }

    // RFC 5915, section 3; the curve is named outside.
    private static void WriteEcPrivateKey(AsnWriter writer, byte[] number, ReadOnlySpan<byte> point)
    {
        using var key = writer.PushSequence();
        writer.WriteInteger(1);
        writer.WriteOctetString(number);
        if (!point.IsEmpty)
        {
            using (writer.PushSequence(Point))
            {
                writer.WriteBitString(point);
            }
        }
    }
}
