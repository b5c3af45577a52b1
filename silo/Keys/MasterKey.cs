using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The secret that seals all others: 32 bytes kept by the operator. It never leaves this object; only keys derived by
/// HKDF-SHA256 (RFC 5869) with a label per use are used.
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
            throw new MasterKeyException($"The master key has {bytes.Length} bytes: expected {Length}.");
        }

        _wrappingKey = Derive(bytes, "codesigning master key: wrapping");
        using var check = Derive(bytes, "codesigning master key: fingerprint");
        Fingerprint = Convert.ToHexStringLower(check.Span[..FingerprintLength]);
    }

    private MasterKey(SecretBytes wrappingKey, string fingerprint) => (_wrappingKey, Fingerprint) = (wrappingKey, fingerprint);

    /// <summary>
    /// A fingerprint of 32 hex digits that distinguishes master keys without revealing them. Each sealed record
    /// contains it, so that a wrong master key is distinguished from an altered record.
    /// </summary>
    public string Fingerprint { get; }

    internal const int FingerprintLength = 16;

    /// <summary>Copies 32 bytes; the caller zeroes the source.</summary>
    /// <exception cref="MasterKeyException">The length is not 32.</exception>
    public static MasterKey FromBytes(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>What another node that has one of two master keys needs of the other: 16 bytes of fingerprint, 32 of key.</summary>
    internal SecretBytes ToSuccession()
    {
        SecretBytes succession = new(FingerprintLength + Length);
        Convert.FromHexString(Fingerprint).CopyTo(succession.Span);
        _wrappingKey.Span.CopyTo(succession.Span[FingerprintLength..]);
        return succession;
    }

    /// <summary>Reads what <see cref="ToSuccession"/> wrote.</summary>
    internal static MasterKey FromSuccession(ReadOnlySpan<byte> succession) => new(
        SecretBytes.CopyOf(succession[FingerprintLength..]), Convert.ToHexStringLower(succession[..FingerprintLength]));

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _wrappingKey.Dispose();

    internal AesGcm CreateWrappingCipher() => new(_wrappingKey.Span, KeySealer.TagLength);

    private static SecretBytes Derive(ReadOnlySpan<byte> bytes, string label)
    {
        var derived = new SecretBytes(Length);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, derived.Span, salt: [], Encoding.ASCII.GetBytes(label));
        return derived;
    }
}

/// <summary>
/// The master key is missing, malformed or not that of the store. The message tells the operator what to do and never
/// contains any part of a key.
/// </summary>
public class MasterKeyException : Exception
{
    /// <summary>Creates the exception with a message for the operator.</summary>
    public MasterKeyException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the operator and its cause.</summary>
    public MasterKeyException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>The master key is wrapped by an HSM that is away: a later start may succeed.</summary>
/// <param name="message">Which HSM, and why.</param>
public sealed class MasterKeyUnavailableException(string message) : MasterKeyException(message);

/// <summary>
/// A buffer for key material: pinned, so that the garbage collector makes no copies, and zeroed when disposed.
/// </summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    /// <summary>Creates a buffer of <paramref name="length"/> bytes.</summary>
    public SecretBytes(int length) => _bytes = GC.AllocateArray<byte>(length, pinned: true);

    /// <summary>The bytes; not to be used after disposal.</summary>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>The number of bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The bytes, for readers that take no span; not to be used after disposal.</summary>
    internal ReadOnlyMemory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>The array itself, for functions that take no span; not to be used after disposal.</summary>
    internal byte[] Array
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>Copies <paramref name="source"/>, which the caller zeroes.</summary>
    public static SecretBytes CopyOf(ReadOnlySpan<byte> source)
    {
        var copy = new SecretBytes(source.Length);
        source.CopyTo(copy._bytes);
        return copy;
    }

    /// <summary>A text in UTF-8.</summary>
    public static SecretBytes OfText(string text)
    {
        var bytes = new SecretBytes(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, bytes._bytes);
        return bytes;
    }

    /// <summary>Fresh bytes from the platform's random generator.</summary>
    public static SecretBytes Random(int length)
    {
        var secret = new SecretBytes(length);
        RandomNumberGenerator.Fill(secret._bytes);
        return secret;
    }

    /// <summary>Zeroes the buffer.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _disposed = true;
    }
}
