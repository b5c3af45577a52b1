using System.Security.Cryptography;

namespace CodeSigning.Silo.Keys;

/// <summary>A buffer for key material: pinned, so that the collector leaves no copies behind, and zeroed when disposed.</summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    /// <summary>Makes a buffer of <paramref name="length"/> bytes.</summary>
    public SecretBytes(int length) => _bytes = GC.AllocateArray<byte>(length, pinned: true);

    /// <summary>The bytes themselves; not to be used after disposal.</summary>
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

    /// <summary>Copies <paramref name="source"/>, which stays the caller's to zero.</summary>
    public static SecretBytes CopyOf(ReadOnlySpan<byte> source)
    {
        var copy = new SecretBytes(source.Length);
        source.CopyTo(copy._bytes);
        return copy;
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
