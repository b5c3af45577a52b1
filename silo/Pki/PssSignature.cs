using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Verifies RSASSA-PSS signatures (RFC 8017, section 8.1.2) with a salt of any length, as CAs make them with OpenSSL, whose
/// default is the longest possible one. The platform verifies salts as long as the digest only.
/// </summary>
internal static class PssSignature
{
    // As OpenSSL bounds them; more would only be work.
    private const int LongestModulus = 16384;
    private const int LongestExponent = 256;

    private const byte Trailer = 0xBC;

    /// <summary>Whether an RSA key made the signature.</summary>
    /// <param name="rsaPublicKey">RSAPublicKey (RFC 8017, A.1.1), DER.</param>
    /// <param name="hash">The hash of the data.</param>
    /// <param name="maskHash">The hash of MGF1.</param>
    /// <param name="saltLength">The length of the salt, in bytes.</param>
    /// <param name="data">The data.</param>
    /// <param name="signature">The signature.</param>
    /// <exception cref="AsnContentException">The key is malformed.</exception>
    public static bool Verify(
        ReadOnlyMemory<byte> rsaPublicKey,
        HashAlgorithmName hash,
        HashAlgorithmName maskHash,
        int saltLength,
        ReadOnlySpan<byte> data,
        ReadOnlySpan<byte> signature)
    {
        var key = new AsnReader(rsaPublicKey, AsnEncodingRules.DER).ReadSequence();
        var (modulus, exponent) = (key.ReadInteger(), key.ReadInteger());
        var bits = (int)modulus.GetBitLength();
        var number = new BigInteger(signature, isUnsigned: true, isBigEndian: true);
        if (modulus.Sign <= 0 || exponent.Sign <= 0 || bits > LongestModulus || exponent.GetBitLength() > LongestExponent
            || signature.Length != (bits + 7) / 8 || number >= modulus)
        {
            return false;
        }

        var encoded = new byte[(bits - 1 + 7) / 8];
        var opened = BigInteger.ModPow(number, exponent, modulus).ToByteArray(isUnsigned: true, isBigEndian: true);
        if (opened.Length > encoded.Length)
        {
            return false;
        }

        opened.CopyTo(encoded, encoded.Length - opened.Length);
        return IsEncodingOf(encoded, 8 * encoded.Length - (bits - 1), hash, maskHash, saltLength, data);
    }

    // EMSA-PSS-VERIFY (RFC 8017, section 9.1.2).
    private static bool IsEncodingOf(
        Span<byte> encoded, int unusedBits, HashAlgorithmName hash, HashAlgorithmName maskHash, int saltLength, ReadOnlySpan<byte> data)
    {
        var digest = CryptographicOperations.HashData(hash, data);
        if (saltLength < 0 || encoded.Length < digest.Length + saltLength + 2 || encoded[^1] != Trailer || encoded[0] >> (8 - unusedBits) != 0)
        {
            return false;
        }

        var masked = encoded[..(encoded.Length - digest.Length - 1)];
        var tag = encoded.Slice(masked.Length, digest.Length);
        Unmask(masked, tag, maskHash);
        masked[0] &= (byte)(0xFF >> unusedBits);
        var zeros = masked.Length - saltLength - 1;
        if (masked[..zeros].ContainsAnyExcept((byte)0) || masked[zeros] != 1)
        {
            return false;
        }

        return CryptographicOperations.HashData(hash, [.. new byte[8], .. digest, .. masked[(zeros + 1)..]]).AsSpan().SequenceEqual(tag);
    }

    // MGF1 (RFC 8017, B.2.1).
    private static void Unmask(Span<byte> masked, ReadOnlySpan<byte> seed, HashAlgorithmName hash)
    {
        var input = new byte[seed.Length + sizeof(uint)];
        seed.CopyTo(input);
        var place = 0;
        for (uint counter = 0; place < masked.Length; counter++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(input.AsSpan(seed.Length), counter);
            foreach (var mask in CryptographicOperations.HashData(hash, input))
            {
                if (place == masked.Length)
                {
                    break;
                }

                masked[place++] ^= mask;
            }
        }
    }
}
