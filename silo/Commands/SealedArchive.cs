using System.Buffers.Binary;
using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// A file that holds a store and its master key, encrypted under a key of its own.
/// <code>
/// "CSB" | kind of store 1 | salt 32 | chunks, each: length u32, big-endian | ciphertext | tag 16
/// </code>
/// AES-256-GCM under HKDF-SHA256(key, salt); the nonce is the chunk's number, and the associated data says whether it is the last,
/// so that no chunk can be changed, moved or cut off. The kind is in the key's derivation. The first chunk is the master key, 32 bytes or as
/// an HSM wrapped it (<see cref="WrappedMasterKey"/>), the others the store: an SQLite file, or what pg_dump wrote in its custom format.
/// </summary>
internal static class SealedArchive
{
    private const int SaltLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int ChunkLength = 1 << 20;

    private static ReadOnlySpan<byte> Magic => "CSB"u8;

    /// <summary>Writes a file. Of the store, at most two chunks are in memory at a time.</summary>
    /// <param name="target">The file.</param>
    /// <param name="kind">What the store is.</param>
    /// <param name="key">The key of the file.</param>
    /// <param name="masterKey">The master key as it is stored.</param>
    /// <param name="store">The store, whose length need not be known.</param>
    /// <param name="ensureWhole">Fails where the store's end was no good one; the file then lacks its last chunk.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task WriteAsync(
        Stream target,
        SealedStore kind,
        SecretBytes key,
        SecretBytes masterKey,
        Stream store,
        Func<Task> ensureWhole,
        CancellationToken cancellationToken)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        await target.WriteAsync((byte[])[.. Magic, (byte)kind, .. salt], cancellationToken);
        using var cipher = CreateCipher(kind, key, salt);
        await target.WriteAsync(Seal(cipher, 0, isLast: false, masterKey.Span), cancellationToken);
        var (chunk, following) = (new byte[ChunkLength], new byte[ChunkLength]);
        var length = await ReadAsync(chunk);
        for (var number = 1L; ; number++)
        {
            var next = length == ChunkLength ? await ReadAsync(following) : 0;
            if (next == 0)
            {
                await ensureWhole();
                await target.WriteAsync(Seal(cipher, number, isLast: true, chunk.AsSpan(0, length)), cancellationToken);
                return;
            }

            await target.WriteAsync(Seal(cipher, number, isLast: false, chunk.AsSpan(0, length)), cancellationToken);
            (chunk, following, length) = (following, chunk, next);
        }

        ValueTask<int> ReadAsync(byte[] buffer) => store.ReadAtLeastAsync(buffer, ChunkLength, throwOnEndOfStream: false, cancellationToken);
    }

    /// <summary>Reads a file: the store into a stream, the master key as the result, which the caller disposes.</summary>
    /// <exception cref="InvalidDataException">It is no such file, was made with another key, or was altered or cut.</exception>
    public static async Task<StoredMasterKey> ReadAsync(
        Stream source, SealedStore kind, SecretBytes key, Stream store, CancellationToken cancellationToken)
    {
        var head = new byte[Magic.Length + 1 + SaltLength];
        if (await source.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) != head.Length
            || !head.AsSpan(0, Magic.Length).SequenceEqual(Magic)
            || !Enum.IsDefined((SealedStore)head[Magic.Length]))
        {
            throw new InvalidDataException("The file is no sealed backup.");
        }

        if (head[Magic.Length] != (byte)kind)
        {
            throw new InvalidDataException(kind == SealedStore.Sqlite
                ? "The sealed backup is of a PostgreSQL store: set CODESIGNING_DB and CODESIGNING_DB_MIGRATE."
                : "The sealed backup is of an SQLite store: take CODESIGNING_DB away.");
        }

        using var cipher = CreateCipher(kind, key, head.AsSpan(Magic.Length + 1));
        var first = await OpenNextAsync(source, cipher, 0, cancellationToken);
        try
        {
            if (source.Position == source.Length)
            {
                throw new InvalidDataException("The sealed backup is incomplete.");
            }

            for (var number = 1L; source.Position < source.Length; number++)
            {
                await store.WriteAsync(await OpenNextAsync(source, cipher, number, cancellationToken), cancellationToken);
            }

            return StoredMasterKey.Read(first, "The sealed backup's master key");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(first);
        }
    }

    private static AesGcm CreateCipher(SealedStore kind, SecretBytes key, ReadOnlySpan<byte> salt)
    {
        using SecretBytes derived = new(MasterKey.Length);
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            key.Span,
            derived.Span,
            salt,
            kind == SealedStore.Sqlite ? "codesigning sealed backup"u8 : "codesigning sealed backup of PostgreSQL"u8);
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

/// <summary>What the store in a sealed file is.</summary>
internal enum SealedStore : byte
{
    /// <summary>An SQLite file.</summary>
    Sqlite = 1,

    /// <summary>A dump of PostgreSQL in the custom format.</summary>
    PostgreSqlDump = 2,
}
