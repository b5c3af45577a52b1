using System.Buffers.Binary;
using System.Text;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The bytes of a sealed key, version 1. Numbers are big-endian.
/// <code>
/// header   "CSK" | format 1 | id length u16 | id (UTF-8) | version u32 | purpose u8 | algorithm u8 (0: a secret)
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

    internal static byte[] Header(KeyReference reference, KeyPurpose purpose, KeyAlgorithm? algorithm)
    {
        var id = Encoding.UTF8.GetBytes(reference.Id);
        if (id.Length is 0 or > LongestId || reference.Version < 1)
        {
            throw new ArgumentException("A key's id has 1 to 200 bytes and its version is 1 or more.", nameof(reference));
        }

        var header = new byte[Magic.Length + 2 + id.Length + 4 + 1 + 1];
        var rest = header.AsSpan();
        Magic.CopyTo(rest);
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
            .. WrappingHeader(Header(key.Reference, key.Purpose, key.Algorithm), key.MasterKeyFingerprint),
            .. key.WrappedDataKey.Nonce.Span, .. key.WrappedDataKey.Ciphertext.Span, .. key.WrappedDataKey.Tag.Span,
            .. key.Content.Nonce.Span, .. length, .. content.Span, .. key.Content.Tag.Span,
        ];
    }

    internal static SealedKey Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new Reader(bytes);
        if (!reader.Take(Magic.Length).Span.SequenceEqual(Magic))
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
        if (version < 1 || !Enum.IsDefined(purpose) || (algorithm != 0 && !Enum.IsDefined(algorithm)))
        {
            throw Malformed();
        }

        var key = new SealedKey
        {
            Reference = new KeyReference(id, version),
            Purpose = purpose,
            Algorithm = algorithm == 0 ? null : algorithm,
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
        new(SealedKeyFault.Malformed, "A stored key is not in a format that this version of the server knows.");

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
