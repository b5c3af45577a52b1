using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// An open private key. One object serves all threads: measured on two cores, a clone per thread was no faster than one
/// shared key, for RSA and for ECDSA.
/// </summary>
internal abstract class PrivateKey : IDisposable
{
    protected PrivateKey(KeyAlgorithm algorithm, byte[] publicKey)
    {
        Algorithm = algorithm;
        PublicKey = publicKey;
    }

    /// <summary>The key algorithm.</summary>
    public KeyAlgorithm Algorithm { get; }

    /// <summary>SubjectPublicKeyInfo (RFC 5280, section 4.1), DER.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Opens PKCS#8 bytes (RFC 5958), which the caller zeroes.</summary>
    /// <exception cref="CryptographicException">The bytes are not a key of this algorithm.</exception>
    public static PrivateKey FromPkcs8(KeyAlgorithm algorithm, ReadOnlySpan<byte> pkcs8)
    {
        AsymmetricAlgorithm key = algorithm.IsRsa() ? RSA.Create() : ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out var read);
            if (read != pkcs8.Length || KeyAlgorithms.Of(key) != algorithm)
            {
                throw new CryptographicException($"The key is not a {algorithm.ToWireName()} key.");
            }

            return key is RSA rsa ? new RsaPrivateKey(algorithm, rsa) : new EcPrivateKey(algorithm, (ECDsa)key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
        finally
        {
            NativeHeap.OverwriteFreedByThread();
        }
    }

    /// <summary>Signs a digest whose length is the algorithm's; the scheme must fit the key.</summary>
    public abstract byte[] SignDigest(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest);

    /// <summary>Frees the key; the platform's library clears its memory.</summary>
    public abstract void Dispose();
}

internal sealed class RsaPrivateKey(KeyAlgorithm algorithm, RSA rsa)
    : PrivateKey(algorithm, rsa.ExportSubjectPublicKeyInfo())
{
    public override byte[] SignDigest(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        var signature = new byte[rsa.KeySize / 8];
        rsa.SignHash(digest, signature, algorithm.Hash(), algorithm.RsaPadding());
        return signature;
    }

    public override void Dispose() => rsa.Dispose();
}

internal sealed class EcPrivateKey : PrivateKey
{
    private readonly ECDsa _ecdsa;

    public EcPrivateKey(KeyAlgorithm algorithm, ECDsa ecdsa)
        : base(algorithm, ecdsa.ExportSubjectPublicKeyInfo())
    {
        _ecdsa = ecdsa;
        // OpenSSL brings a key into another form at its first use, on the way through memory that it does not zero: so here.
        SignDigest(algorithm.CertificateScheme(), new byte[algorithm.CertificateScheme().DigestLength()]);
    }

    // The framework's DER is written from r‖s too, into a kilobyte that grows twice.
    public override byte[] SignDigest(SigningAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        Span<byte> raw = stackalloc byte[2 * Algorithm.FieldLength()];
        return _ecdsa.TrySignHash(digest, raw, DSASignatureFormat.IeeeP1363FixedFieldConcatenation, out var length) && length == raw.Length
            ? EcdsaSignature.ToDer(raw, Algorithm)
            : throw new CryptographicException("The signature is not of the curve's field length.");
    }

    public override void Dispose() => _ecdsa.Dispose();
}

/// <summary>The two encodings of an ECDSA signature: DER (RFC 3279, section 2.2.3) and r‖s (IEEE P1363, PKCS#11).</summary>
public static class EcdsaSignature
{
    // Tags, lengths and leading zeros of the sequence and its two integers, and room to spare.
    private const int Overhead = 16;

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
            throw new CryptographicException("The ECDSA signature is invalid: expected DER.", fault);
        }
    }

    /// <summary>Turns r‖s into DER.</summary>
    /// <exception cref="CryptographicException">The length is not twice the curve's field length, or r or s is zero.</exception>
    public static byte[] ToDer(ReadOnlySpan<byte> raw, KeyAlgorithm algorithm)
    {
        var half = algorithm.FieldLength();
        if (raw.Length != 2 * half || !raw[..half].ContainsAnyExcept((byte)0) || !raw[half..].ContainsAnyExcept((byte)0))
        {
            throw new CryptographicException("The ECDSA signature is invalid: expected r‖s of the curve's field length.");
        }

        AsnWriter writer = new(AsnEncodingRules.DER, initialCapacity: raw.Length + Overhead);
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
            throw new CryptographicException("The ECDSA signature is invalid: r or s is out of range for the curve.");
        }

        magnitude.CopyTo(destination[^magnitude.Length..]);
    }

    private static void WriteUnsigned(AsnWriter writer, ReadOnlySpan<byte> bigEndian) =>
        writer.WriteIntegerUnsigned(bigEndian.TrimStart((byte)0));
}

/// <summary>Maps the contract's algorithms to the framework's.</summary>
internal static class KeyAlgorithms
{
    /// <summary>The algorithm of a key, or null if it is not supported.</summary>
    public static KeyAlgorithm? Of(AsymmetricAlgorithm key) => key switch
    {
        RSA { KeySize: 2048 } => KeyAlgorithm.Rsa2048,
        RSA { KeySize: 3072 } => KeyAlgorithm.Rsa3072,
        RSA { KeySize: 4096 } => KeyAlgorithm.Rsa4096,
        ECDsa ecdsa => OfCurve(ecdsa.ExportParameters(false).Curve),
        _ => null,
    };

    /// <summary>Generates a key pair.</summary>
    public static AsymmetricAlgorithm Create(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Rsa2048 => RSA.Create(2048),
        KeyAlgorithm.Rsa3072 => RSA.Create(3072),
        KeyAlgorithm.Rsa4096 => RSA.Create(4096),
        KeyAlgorithm.EcP256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        KeyAlgorithm.EcP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        KeyAlgorithm.EcP521 => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>The length of a coordinate, and of r and s, in bytes.</summary>
    public static int FieldLength(this KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.EcP256 => 32,
        KeyAlgorithm.EcP384 => 48,
        KeyAlgorithm.EcP521 => 66,
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>The order of the curve's base point (SEC 2, sections 2.4.2, 2.5.1 and 2.6.1).</summary>
    public static BigInteger Order(this KeyAlgorithm algorithm) =>
        NamedCurve.Of(algorithm)?.Order ?? throw new ArgumentOutOfRangeException(nameof(algorithm));

    /// <summary>The scheme of certificates, requests and CRLs: a hash of the key's strength, and PKCS#1 v1.5, which every verifier supports.</summary>
    public static SigningAlgorithm CertificateScheme(this KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Rsa2048 or KeyAlgorithm.Rsa3072 => SigningAlgorithm.RsaPkcs1Sha256,
        KeyAlgorithm.Rsa4096 => SigningAlgorithm.RsaPkcs1Sha384,
        KeyAlgorithm.EcP256 => SigningAlgorithm.EcdsaSha256,
        KeyAlgorithm.EcP384 => SigningAlgorithm.EcdsaSha384,
        KeyAlgorithm.EcP521 => SigningAlgorithm.EcdsaSha512,
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>The padding; the platform's PSS has MGF1 with the same hash and a salt as long as the digest.</summary>
    public static RSASignaturePadding RsaPadding(this SigningAlgorithm algorithm) =>
        algorithm.IsPss() ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    /// <summary>The algorithm of keys on a named curve, or null if it is not supported.</summary>
    public static KeyAlgorithm? OfCurve(string oid) => NamedCurve.ByOid(oid)?.Algorithm;

    private static KeyAlgorithm? OfCurve(ECCurve curve) =>
        curve is { IsNamed: true, Oid.Value: { } oid } ? OfCurve(oid) : null;
}
