using System.Security.Cryptography;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The one secret that all others are sealed under: 32 bytes that the operator keeps. It never leaves this object; what
/// is used are keys derived from it by HKDF-SHA256 (RFC 5869), a label for each use.
/// </summary>
public sealed class MasterKey : IDisposable
{
    /// <summary>The length of a master key in bytes.</summary>
    public const int Length = 32;

    private readonly SecretBytes _wrappingKey;

    private MasterKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new MasterKeyException($"The master key has {bytes.Length} bytes; it must have {Length}.");
        }

        _wrappingKey = Derive(bytes, "codesigning master key: wrapping");
        using var check = Derive(bytes, "codesigning master key: fingerprint");
        Fingerprint = Convert.ToHexStringLower(check.Span[..FingerprintLength]);
    }

    /// <summary>
    /// A check value of 32 hex digits that tells two master keys apart and reveals nothing of either. Each sealed
    /// record names it, so that a wrong master key is told from an altered record.
    /// </summary>
    public string Fingerprint { get; }

    internal const int FingerprintLength = 16;

    /// <summary>Takes a copy of 32 bytes; the caller zeroes its own.</summary>
    /// <exception cref="MasterKeyException">The length is not 32.</exception>
    public static MasterKey FromBytes(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _wrappingKey.Dispose();

    internal AesGcm CreateWrappingCipher() => new(_wrappingKey.Span, KeySealer.TagLength);

    private static SecretBytes Derive(ReadOnlySpan<byte> bytes, string label)
    {
        var derived = new SecretBytes(Length);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, derived.Span, salt: [], System.Text.Encoding.ASCII.GetBytes(label));
        return derived;
    }
}
