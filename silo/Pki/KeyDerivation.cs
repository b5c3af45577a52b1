using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>Derives keys from passwords as RFC 8018 and RFC 7292 describe.</summary>
internal static class KeyDerivation
{
    /// <summary>The purposes of RFC 7292, appendix B.3.</summary>
    public enum Purpose : byte
    {
        /// <summary>A cipher's key.</summary>
        Key = 1,

        /// <summary>A cipher's initialization vector.</summary>
        Vector = 2,

        /// <summary>A MAC's key.</summary>
        Mac = 3,
    }

    /// <summary>PBKDF2 as described by a KeyDerivationFunc (RFC 8018, appendix A.2).</summary>
    /// <param name="function">The AlgorithmIdentifier.</param>
    /// <param name="length">The length of the key; null if the parameters must have it (RFC 9579, section 4).</param>
    /// <param name="password">The password.</param>
    /// <param name="budget">Bounds the work.</param>
    /// <param name="subject">What the key opens, in a sentence.</param>
    /// <exception cref="AsnContentException">The parameters are malformed.</exception>
    /// <exception cref="CertificateRefusedException">The function is not supported, or exceeds the budget.</exception>
    public static byte[] Pbkdf2(AsnReader function, int? length, FilePassword password, DerivationBudget budget, string subject)
    {
        var oid = function.ReadObjectIdentifier();
        if (oid != Oids.Pbkdf2)
        {
            throw PasswordEncryption.Unsupported(subject, AlgorithmName.Of(oid), "PBES2 with PBKDF2");
        }

        var parameters = function.ReadSequence();
        var salt = parameters.ReadOctetString();
        var iterations = parameters.TryReadInt64(out var count) ? count : long.MaxValue;
        var given = parameters.HasData && parameters.PeekTag() == Asn1Tag.Integer
            ? parameters.TryReadInt32(out var bytes) && bytes is > 0 and <= 512 ? bytes : throw new AsnContentException()
            : (int?)null;
        var hash = HashAlgorithmName.SHA1;
        if (parameters.HasData)
        {
            var prf = parameters.ReadSequence().ReadObjectIdentifier();
            hash = HashOfHmac(prf) ?? throw PasswordEncryption.Unsupported(subject, AlgorithmName.Of(prf), "HMAC with SHA-1, SHA-256, SHA-384 or SHA-512");
        }

        if (given is not null && length is not null && given != length)
        {
            throw new AsnContentException();
        }

        var wanted = length ?? given ?? throw new AsnContentException();
        budget.Take(iterations, Blocks(wanted, LengthOf(hash)), subject);
        return Rfc2898DeriveBytes.Pbkdf2(password.Utf8, salt, (int)iterations, hash, wanted);
    }

    /// <summary>PBKDF1 (RFC 8018, section 5.1), which gives no more than the hash's length.</summary>
    public static byte[] Pbkdf1(
        HashAlgorithmName hash, ReadOnlySpan<byte> salt, long iterations, FilePassword password, DerivationBudget budget, string subject)
    {
        budget.Take(iterations, 1, subject);
        var derived = CryptographicOperations.HashData(hash, [.. password.Utf8, .. salt]);
        for (var round = 1; round < iterations; round++)
        {
            CryptographicOperations.HashData(hash, derived, derived);
        }

        return derived;
    }

    /// <summary>The derivation of RFC 7292, appendix B.2.</summary>
    public static byte[] Pkcs12(
        HashAlgorithmName hash,
        Purpose purpose,
        int length,
        (ReadOnlyMemory<byte> Salt, long Iterations) parameters,
        FilePassword password,
        DerivationBudget budget,
        string subject)
    {
        var (size, block) = (LengthOf(hash), BlockOf(hash));
        budget.Take(parameters.Iterations, Blocks(length, size), subject);
        var input = new byte[block + Padded(parameters.Salt.Length, block) + Padded(password.Bmp.Length, block)];
        input.AsSpan(0, block).Fill((byte)purpose);
        Repeat(parameters.Salt.Span, input.AsSpan(block, Padded(parameters.Salt.Length, block)));
        Repeat(password.Bmp, input.AsSpan(block + Padded(parameters.Salt.Length, block)));
        var derived = new byte[length];
        var (digest, repeated) = (new byte[size], new byte[block]);
        for (var place = 0; ; place += size)
        {
            CryptographicOperations.HashData(hash, input, digest);
            for (var round = 1; round < parameters.Iterations; round++)
            {
                CryptographicOperations.HashData(hash, digest, digest);
            }

            digest.AsSpan(0, Math.Min(size, length - place)).CopyTo(derived.AsSpan(place));
            if (place + size >= length)
            {
                CryptographicOperations.ZeroMemory(input);
                return derived;
            }

            Repeat(digest, repeated);
            for (var at = block; at < input.Length; at += block)
            {
                AddOneMore(input.AsSpan(at, block), repeated);
            }
        }
    }

    /// <summary>The hash of an HMAC (RFC 8018, appendix B.1); null if it is not supported.</summary>
    public static HashAlgorithmName? HashOfHmac(string oid) => oid switch
    {
        "1.2.840.113549.2.7" => HashAlgorithmName.SHA1,
        "1.2.840.113549.2.9" => HashAlgorithmName.SHA256,
        "1.2.840.113549.2.10" => HashAlgorithmName.SHA384,
        "1.2.840.113549.2.11" => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>The length of a digest, in bytes.</summary>
    public static int LengthOf(HashAlgorithmName hash) => hash.Name switch
    {
        "MD5" => 16,
        "SHA1" => 20,
        "SHA256" => 32,
        "SHA384" => 48,
        "SHA512" => 64,
        _ => throw new ArgumentOutOfRangeException(nameof(hash)),
    };

    private static int BlockOf(HashAlgorithmName hash) => LengthOf(hash) > 32 ? 128 : 64;

    private static int Blocks(int length, int size) => (length + size - 1) / size;

    private static int Padded(int length, int block) => Blocks(length, block) * block;

    private static void Repeat(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        for (var place = 0; place < destination.Length; place++)
        {
            destination[place] = source[place % source.Length];
        }
    }

    private static void AddOneMore(Span<byte> number, ReadOnlySpan<byte> other)
    {
        var carry = 1;
        for (var place = number.Length - 1; place >= 0; place--)
        {
            carry += number[place] + other[place];
            number[place] = (byte)carry;
            carry >>= 8;
        }
    }
}
