using System.Formats.Asn1;
using System.Security.Cryptography;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>The two encodings of an ECDSA signature: DER (RFC 3279, section 2.2.3) and r‖s (IEEE P1363, PKCS#11).</summary>
public static class EcdsaSignature
{
    /// <summary>Turns DER into r‖s, both halves padded to the curve's field length (32, 48 or 66 bytes).</summary>
    /// <exception cref="CryptographicException">It is not DER, or r or s is outside 1 … 2^(8·field length) − 1.</exception>
    public static byte[] ToRaw(ReadOnlyMemory<byte> der, KeyAlgorithm algorithm)
    {
        var half = algorithm.FieldLength();
        var raw = new byte[2 * half];
        try
        {
            var reader = new AsnReader(der, AsnEncodingRules.DER);
            var sequence = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            CopyPadded(sequence.ReadIntegerBytes().Span, raw.AsSpan(0, half));
            CopyPadded(sequence.ReadIntegerBytes().Span, raw.AsSpan(half));
            sequence.ThrowIfNotEmpty();
            return raw;
        }
        catch (AsnContentException fault)
        {
            throw new CryptographicException("The ECDSA signature is not DER.", fault);
        }
    }

    /// <summary>Turns r‖s into DER.</summary>
    /// <exception cref="CryptographicException">The length is not twice the curve's field length, or r or s is zero.</exception>
    public static byte[] ToDer(ReadOnlySpan<byte> raw, KeyAlgorithm algorithm)
    {
        var half = algorithm.FieldLength();
        if (raw.Length != 2 * half || !raw[..half].ContainsAnyExcept((byte)0) || !raw[half..].ContainsAnyExcept((byte)0))
        {
            throw new CryptographicException("The ECDSA signature is not r‖s of this curve.");
        }

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            WriteUnsigned(writer, raw[..half]);
            WriteUnsigned(writer, raw[half..]);
        }

        return writer.Encode();
    }

    private static void CopyPadded(ReadOnlySpan<byte> integer, Span<byte> destination)
    {
        var isNegative = (integer[0] & 0x80) != 0;
        var magnitude = integer.TrimStart((byte)0);
        if (isNegative || magnitude.IsEmpty || magnitude.Length > destination.Length)
        {
            throw new CryptographicException("The ECDSA signature has an r or s that this curve cannot have.");
        }

        magnitude.CopyTo(destination[^magnitude.Length..]);
    }

    private static void WriteUnsigned(AsnWriter writer, ReadOnlySpan<byte> bigEndian) =>
        writer.WriteIntegerUnsigned(bigEndian.TrimStart((byte)0));
}
