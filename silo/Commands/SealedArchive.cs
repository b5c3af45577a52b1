using System.Buffers.Binary;
using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// A file that holds a store and its master key, encrypted under a key of its own.
/// <code>
/// "CSB" | format 1 | salt 32 | chunks, each: length u32, big-endian | ciphertext | tag 16
/// </code>
/// AES-256-GCM under HKDF-SHA256(key, salt); the nonce is the chunk's number, and the associated data says whether it is the last,
/// so that no chunk can be changed, moved or cut off. The first chunk is the master key, the others the store.
/// </summary>
internal static class SealedArchive
{
    private const int SaltLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int ChunkLength = 1 << 20;

    private static ReadOnlySpan<byte> Magic => "CSB\u0001"u8;

    /// <summary>Writes a file.</summary>
    public static async Task WriteAsync(
        Stream target, SecretBytes key, SecretBytes masterKey, Stream store, CancellationToken cancellationToken)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        await target.WriteAsync(Magic.ToArray(), cancellationToken);
        await target.WriteAsync(salt, cancellationToken);
        using var cipher = CreateCipher(key, salt);
        await target.WriteAsync(Seal(cipher, 0, isLast: false, masterKey.Span), cancellationToken);
        var buffer = new byte[ChunkLength];
        for (long number = 1, left = store.Length; left > 0; number++)
        {
            var length = await store.ReadAtLeastAsync(buffer, (int)Math.Min(left, ChunkLength), throwOnEndOfStream: true, cancellationToken);
            left -= length;
            await target.WriteAsync(Seal(cipher, number, isLast: left == 0, buffer.AsSpan(0, length)), cancellationToken);
        }
    }

    /// <summary>Reads a file: the store into a stream, the master key as the result, which the caller disposes.</summary>
    /// <exception cref="InvalidDataException">It is no such file, was made with another key, or was altered or cut.</exception>
    public static async Task<SecretBytes> ReadAsync(Stream source, SecretBytes key, Stream store, CancellationToken cancellationToken)
    {
        var head = new byte[Magic.Length + SaltLength];
        if (await source.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) != head.Length
            || !head.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            throw new InvalidDataException("The file is no sealed backup.");
        }

        using var cipher = CreateCipher(key, head.AsSpan(Magic.Length));
        var first = await OpenNextAsync(source, cipher, 0, cancellationToken);
        try
        {
            if (first.Length != MasterKey.Length)
            {
                throw new InvalidDataException("The sealed backup is incomplete.");
            }

            for (var number = 1L; source.Position < source.Length; number++)
            {
                await store.WriteAsync(await OpenNextAsync(source, cipher, number, cancellationToken), cancellationToken);
            }

            return SecretBytes.CopyOf(first);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(first);
        }
    }

    private static AesGcm CreateCipher(SecretBytes key, ReadOnlySpan<byte> salt)
    {
        using SecretBytes derived = new(MasterKey.Length);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Span, derived.Span, salt, "codesigning sealed backup"u8);
        return new AesGcm(derived.Span, TagLength);
    }

    private static byte[] Seal(AesGcm cipher, long number, bool isLast, ReadOnlySpan<byte> content)
    {
        var chunk = new byte[4 + content.Length + TagLength];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        cipher.Encrypt(
            Nonce(number), content, chunk.AsSpan(4, content.Length), chunk.AsSpan(4 + content.Length), [isLast ? (byte)1 : (byte)0]);
        return chunk;
    }

    private static async Task<byte[]> OpenNextAsync(Stream source, AesGcm cipher, long number, CancellationToken cancellationToken)
    {
        var prefix = new byte[4];
        await source.ReadExactlyAsync(prefix, cancellationToken);
        var length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        if (length is < 0 or > ChunkLength || length + TagLength > source.Length - source.Position)
        {
            throw new InvalidDataException("The sealed backup was cut off.");
        }

        var chunk = new byte[length + TagLength];
        await source.ReadExactlyAsync(chunk, cancellationToken);
        var content = new byte[length];
        var isLast = source.Position == source.Length;
        try
        {
            cipher.Decrypt(
                Nonce(number), chunk.AsSpan(0, length), chunk.AsSpan(length), content, [isLast ? (byte)1 : (byte)0]);
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new InvalidDataException("The sealed backup was made with another key, or was altered or cut off.");
        }
    }

    private static byte[] Nonce(long number)
    {
        var nonce = new byte[NonceLength];
        BinaryPrimitives.WriteInt64BigEndian(nonce.AsSpan(NonceLength - 8), number);
        return nonce;
    }
}
