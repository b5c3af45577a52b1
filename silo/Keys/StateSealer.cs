using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The seal of a state row: HMAC-SHA256 over its type, id, version and content, each preceded by its length, so that
/// write access to the database alone cannot add, change or move a row, or roll it back within its version. The seal
/// contains the version of its key; earlier versions still verify after a rotation. Safe for use by several threads.
/// </summary>
public sealed class StateSealer : IDisposable
{
    /// <summary>The length of a seal in bytes: the key's version (4, big-endian) and the HMAC (32).</summary>
    public const int SealLength = 4 + HMACSHA256.HashSizeInBytes;

    private readonly Dictionary<int, SecretBytes> _keys = [];
    private readonly int _current;

    /// <summary>Creates a sealer that owns <paramref name="keys"/>, by version; the highest version seals.</summary>
    public StateSealer(IReadOnlyDictionary<int, SecretBytes> keys)
    {
        ArgumentOutOfRangeException.ThrowIfZero(keys.Count, nameof(keys));
        _keys = new Dictionary<int, SecretBytes>(keys);
        _current = keys.Keys.Max();
    }

    /// <summary>Computes the seal of a row.</summary>
    public byte[] Seal(string type, string id, long version, ReadOnlySpan<byte> content)
    {
        var seal = new byte[SealLength];
        BinaryPrimitives.WriteInt32BigEndian(seal, _current);
        Compute(_keys[_current], seal.AsSpan(0, 4), type, id, version, content, seal.AsSpan(4));
        return seal;
    }

    /// <summary>Verifies the seal of a row in constant time.</summary>
    public bool Verify(string type, string id, long version, ReadOnlySpan<byte> content, ReadOnlySpan<byte> seal)
    {
        if (seal.Length != SealLength || !_keys.TryGetValue(BinaryPrimitives.ReadInt32BigEndian(seal), out var key))
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Compute(key, seal[..4], type, id, version, content, expected);
        return CryptographicOperations.FixedTimeEquals(expected, seal[4..]);
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    private static void Compute(
        SecretBytes key, ReadOnlySpan<byte> keyVersion, string type, string id, long version, ReadOnlySpan<byte> content,
        Span<byte> destination)
    {
        var typeLength = Encoding.UTF8.GetByteCount(type);
        var idLength = Encoding.UTF8.GetByteCount(id);
        var length = keyVersion.Length + 4 + typeLength + 4 + idLength + 8 + 4 + content.Length;
        var message = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var rest = message.AsSpan(0, length);
            keyVersion.CopyTo(rest);
            rest = rest[keyVersion.Length..];
            rest = Append(rest, type, typeLength);
            rest = Append(rest, id, idLength);
            BinaryPrimitives.WriteInt64BigEndian(rest, version);
            BinaryPrimitives.WriteInt32BigEndian(rest[8..], content.Length);
            content.CopyTo(rest[12..]);
            HMACSHA256.HashData(key.Span, message.AsSpan(0, length), destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    private static Span<byte> Append(Span<byte> destination, string text, int byteCount)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, byteCount);
        Encoding.UTF8.GetBytes(text, destination[4..]);
        return destination[(4 + byteCount)..];
    }
}
