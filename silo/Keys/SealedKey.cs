using System.Buffers.Binary;
using System.Text;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// A stored key: encrypted with its own data key, which is encrypted with the master key. All identifying fields are
/// associated data of both encryptions, so no part can be changed or moved to another record. See <see
/// cref="SealedKeyFormat"/>.
/// </summary>
public sealed record SealedKey
{
    /// <summary>The key's reference.</summary>
    public required KeyReference Reference { get; init; }

    /// <summary>The key's purpose.</summary>
    public required KeyPurpose Purpose { get; init; }

    /// <summary>The private key's algorithm; null for a symmetric secret.</summary>
    public required KeyAlgorithm? Algorithm { get; init; }

    /// <summary>Whether the private key is in a token: the content then names the token and the key (<see cref="TokenKey"/>).</summary>
    public bool IsInToken { get; init; }

    /// <summary>The <see cref="MasterKey.Fingerprint"/> of the master key that wraps the data key.</summary>
    public required string MasterKeyFingerprint { get; init; }

    /// <summary>The data key encrypted with the master key.</summary>
    public required AesGcmCiphertext WrappedDataKey { get; init; }

    /// <summary>The key's PKCS#8 bytes, the secret's bytes or the name of a key in a token, encrypted with the data key.</summary>
    public required AesGcmCiphertext Content { get; init; }

    /// <summary>The record's bytes; see <see cref="SealedKeyFormat"/>.</summary>
    public byte[] ToBytes() => SealedKeyFormat.Write(this);

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="SealedKeyException">The bytes are not a sealed key.</exception>
    public static SealedKey FromBytes(ReadOnlyMemory<byte> bytes) => SealedKeyFormat.Read(bytes);

    /// <summary>The record's reference, without its content.</summary>
    public override string ToString() => $"sealed {Purpose} key {Reference}";
}

/// <summary>
/// The bytes of a sealed key. Numbers are big-endian.
/// <code>
/// header   "CSK" | format 1, or 2 for a key in a token | id length u16 | id (UTF-8) | version u32 | purpose u8 | algorithm u8 (0: a secret)
/// wrapping master key fingerprint 16 | nonce 12 | wrapped data key 32 | tag 16
/// content  nonce 12 | length u32 | ciphertext | tag 16
/// </code>
/// The header is the associated data of the content; header and fingerprint are that of the wrapping.
/// </summary>
public static class SealedKeyFormat
{
    private const int DataKeyLength = 32;
    private const int LongestId = 200;
    private const int LongestContent = 64 * 1024;

    private static ReadOnlySpan<byte> Magic => "CSK\u0001"u8;

    private static ReadOnlySpan<byte> MagicOfToken => "CSK\u0002"u8;

    internal static byte[] Header(SealedKey key) => Header(key.Reference, key.Purpose, key.Algorithm, key.IsInToken);

    internal static byte[] Header(KeyReference reference, KeyPurpose purpose, KeyAlgorithm? algorithm, bool isInToken)
    {
        var id = Encoding.UTF8.GetBytes(reference.Id);
        if (id.Length is 0 or > LongestId || reference.Version < 1)
        {
            throw new ArgumentException("The key reference is invalid: expected an id of 1 to 200 bytes and a version of 1 or more.", nameof(reference));
        }

        var header = new byte[Magic.Length + 2 + id.Length + 4 + 1 + 1];
        var rest = header.AsSpan();
        (isInToken ? MagicOfToken : Magic).CopyTo(rest);
        BinaryPrimitives.WriteUInt16BigEndian(rest[4..], (ushort)id.Length);
        id.CopyTo(rest[6..]);
        rest = rest[(6 + id.Length)..];
        BinaryPrimitives.WriteInt32BigEndian(rest, reference.Version);
        rest[4] = (byte)purpose;
        rest[5] = (byte)(algorithm ?? 0);
        return header;
    }

    internal static byte[] WrappingHeader(byte[] header, string masterKeyFingerprint) =>
        [.. header, .. Convert.FromHexString(masterKeyFingerprint)];

    internal static byte[] Write(SealedKey key)
    {
        var content = key.Content.Ciphertext;
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return
        [
            .. WrappingHeader(Header(key), key.MasterKeyFingerprint),
            .. key.WrappedDataKey.Nonce.Span, .. key.WrappedDataKey.Ciphertext.Span, .. key.WrappedDataKey.Tag.Span,
            .. key.Content.Nonce.Span, .. length, .. content.Span, .. key.Content.Tag.Span,
        ];
    }

    internal static SealedKey Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new Reader(bytes);
        var magic = reader.Take(Magic.Length).Span;
        var isInToken = magic.SequenceEqual(MagicOfToken);
        if (!isInToken && !magic.SequenceEqual(Magic))
        {
            throw Malformed();
        }

        var idLength = BinaryPrimitives.ReadUInt16BigEndian(reader.Take(2).Span);
        if (idLength is 0 or > LongestId)
        {
            throw Malformed();
        }

        var id = ReadId(reader.Take(idLength).Span);
        var version = BinaryPrimitives.ReadInt32BigEndian(reader.Take(4).Span);
        var purpose = (KeyPurpose)reader.Take(1).Span[0];
        var algorithm = (KeyAlgorithm)reader.Take(1).Span[0];
        if (version < 1 || !Enum.IsDefined(purpose) || (algorithm != 0 && !Enum.IsDefined(algorithm))
            || (isInToken && algorithm == 0))
        {
            throw Malformed();
        }

        var key = new SealedKey
        {
            Reference = new KeyReference(id, version),
            Purpose = purpose,
            Algorithm = algorithm == 0 ? null : algorithm,
            IsInToken = isInToken,
            MasterKeyFingerprint = Convert.ToHexStringLower(reader.Take(MasterKey.FingerprintLength).Span),
            WrappedDataKey = reader.TakeCiphertext(DataKeyLength),
            Content = reader.TakeCiphertext(null),
        };
        return reader.AtEnd ? key : throw Malformed();
    }

    private static string ReadId(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed();
        }
    }

    private static SealedKeyException Malformed() =>
        new(SealedKeyFault.Malformed, "The stored key has a format that this version of the server does not support.");

    private struct Reader(ReadOnlyMemory<byte> bytes)
    {
        private ReadOnlyMemory<byte> _rest = bytes;

        public readonly bool AtEnd => _rest.IsEmpty;

        public ReadOnlyMemory<byte> Take(int count)
        {
            if (count > _rest.Length)
            {
                throw Malformed();
            }

            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }

        /// <summary>Takes a ciphertext of a fixed length, or one that is preceded by its length.</summary>
        public AesGcmCiphertext TakeCiphertext(int? fixedLength)
        {
            var nonce = Take(KeySealer.NonceLength);
            var length = fixedLength ?? BinaryPrimitives.ReadInt32BigEndian(Take(4).Span);
            if (length is < 0 or > LongestContent)
            {
                throw Malformed();
            }

            return new AesGcmCiphertext(nonce, Take(length), Take(KeySealer.TagLength));
        }
    }
}

/// <summary>Why a sealed key could not be opened.</summary>
public enum SealedKeyFault
{
    /// <summary>The stored bytes are not a sealed key of a supported format.</summary>
    Malformed,

    /// <summary>The record has another key, version or purpose than expected.</summary>
    WrongRecord,

    /// <summary>The record was sealed with another master key.</summary>
    OtherMasterKey,

    /// <summary>The record does not authenticate: it was altered.</summary>
    Altered,

    /// <summary>The store has no such key.</summary>
    Missing,
}

/// <summary>A sealed key could not be opened. The message identifies the record without its content.</summary>
public sealed class SealedKeyException(SealedKeyFault fault, string message) : Exception(message)
{
    /// <summary>The reason.</summary>
    public SealedKeyFault Fault { get; } = fault;
}
