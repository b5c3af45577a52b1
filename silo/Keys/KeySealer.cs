using System.Security.Cryptography;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Seals and opens stored keys: AES-256-GCM with a fresh data key each, which is wrapped by the master key. While the master
/// key is rotated it opens records of both, and seals under the next. Safe for use by several threads.
/// </summary>
public sealed class KeySealer(MasterKey masterKey)
{
    private volatile MasterKeys _keys = new(masterKey, []);

    internal const int NonceLength = 12;
    internal const int TagLength = 16;
    private const int DataKeyLength = 32;

    /// <summary>Seals a private key (PKCS#8) or, with no algorithm, a secret. <paramref name="plaintext"/> stays the caller's to zero.</summary>
    public SealedKey Seal(KeyReference reference, KeyPurpose purpose, KeyAlgorithm? algorithm, ReadOnlySpan<byte> plaintext) =>
        Seal(reference, purpose, algorithm, isInToken: false, plaintext);

    /// <summary>Seals the name of a key in a token.</summary>
    public SealedKey Seal(KeyReference reference, KeyPurpose purpose, TokenKey key) =>
        Seal(reference, purpose, key.Algorithm, isInToken: true, key.ToContent());

    private SealedKey Seal(
        KeyReference reference, KeyPurpose purpose, KeyAlgorithm? algorithm, bool isInToken, ReadOnlySpan<byte> plaintext)
    {
        var header = SealedKeyFormat.Header(reference, purpose, algorithm, isInToken);
        var current = _keys.Current;
        using var dataKey = SecretBytes.Random(DataKeyLength);
        using var cipher = new AesGcm(dataKey.Span, TagLength);
        return new SealedKey
        {
            Reference = reference,
            Purpose = purpose,
            Algorithm = algorithm,
            IsInToken = isInToken,
            MasterKeyFingerprint = current.Fingerprint,
            WrappedDataKey = Wrap(current, header, dataKey.Span),
            Content = Encrypt(cipher, plaintext, header),
        };
    }

    /// <summary>Opens a record, which must be the expected one. The caller disposes the result.</summary>
    /// <exception cref="SealedKeyException">
    /// The record is another one, was sealed with another master key, or was altered.
    /// </exception>
    public SecretBytes Open(SealedKey key, KeyReference expected, KeyPurpose purpose)
    {
        if (key.Reference != expected || key.Purpose != purpose)
        {
            throw new SealedKeyException(
                SealedKeyFault.WrongRecord, $"The record stored for {purpose} key {expected} belongs to another key: restore it from a backup.");
        }

        var header = SealedKeyFormat.Header(key);
        using var dataKey = Unwrap(key, header);
        using var cipher = new AesGcm(dataKey.Span, TagLength);
        return Decrypt(cipher, key.Content, header, key);
    }

    /// <summary>The fingerprint of the master key that records are sealed under now.</summary>
    public string Fingerprint => _keys.Current.Fingerprint;

    /// <summary>Whether records under a master key can be opened.</summary>
    public bool Knows(string fingerprint) => _keys.Find(fingerprint) is not null;

    /// <summary>Takes over another master key, which it keeps to the end of the process.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isNext">Whether records are sealed under it from now on.</param>
    public void Add(MasterKey key, bool isNext)
    {
        var keys = _keys;
        _keys = isNext ? new MasterKeys(key, [keys.Current, .. keys.Others]) : new MasterKeys(keys.Current, [key, .. keys.Others]);
    }

    /// <summary>
    /// Wraps the data key of a record with another master key, without decrypting the key itself.
    /// </summary>
    /// <exception cref="SealedKeyException">The record was sealed with another master key, or was altered.</exception>
    public SealedKey Rewrap(SealedKey key, MasterKey next)
    {
        var header = SealedKeyFormat.Header(key);
        using var dataKey = Unwrap(key, header);
        return key with
        {
            MasterKeyFingerprint = next.Fingerprint,
            WrappedDataKey = Wrap(next, header, dataKey.Span),
        };
    }

    private static AesGcmCiphertext Wrap(MasterKey key, byte[] header, ReadOnlySpan<byte> dataKey)
    {
        using var cipher = key.CreateWrappingCipher();
        return Encrypt(cipher, dataKey, SealedKeyFormat.WrappingHeader(header, key.Fingerprint));
    }

    private SecretBytes Unwrap(SealedKey key, byte[] header)
    {
        var keys = _keys;
        if (keys.Find(key.MasterKeyFingerprint) is not { } masterKey)
        {
            throw new SealedKeyException(
                SealedKeyFault.OtherMasterKey,
                $"The record of {key.Purpose} key {key.Reference} was sealed with master key {key.MasterKeyFingerprint}, "
                + $"but the master key in use is {keys.Current.Fingerprint}.");
        }

        using var cipher = masterKey.CreateWrappingCipher();
        return Decrypt(cipher, key.WrappedDataKey, SealedKeyFormat.WrappingHeader(header, masterKey.Fingerprint), key);
    }

    private sealed record MasterKeys(MasterKey Current, MasterKey[] Others)
    {
        public MasterKey? Find(string fingerprint) =>
            Current.Fingerprint == fingerprint ? Current : Array.Find(Others, other => other.Fingerprint == fingerprint);
    }

    private static AesGcmCiphertext Encrypt(AesGcm cipher, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceLength);
        var ciphertext = new byte[plaintext.Length];
        var tag = new byte[TagLength];
        cipher.Encrypt(nonce, plaintext, ciphertext, tag, associatedData);
        return new AesGcmCiphertext(nonce, ciphertext, tag);
    }

    private static SecretBytes Decrypt(AesGcm cipher, AesGcmCiphertext sealedBytes, ReadOnlySpan<byte> associatedData, SealedKey key)
    {
        var plaintext = new SecretBytes(sealedBytes.Ciphertext.Length);
        try
        {
            cipher.Decrypt(
                sealedBytes.Nonce.Span, sealedBytes.Ciphertext.Span, sealedBytes.Tag.Span, plaintext.Span, associatedData);
            return plaintext;
        }
        catch (CryptographicException)
        {
            plaintext.Dispose();
            throw new SealedKeyException(
                SealedKeyFault.Altered,
                $"The record of {key.Purpose} key {key.Reference} was altered in the store: restore it from a backup.");
        }
    }
}

/// <summary>One AES-256-GCM ciphertext (NIST SP 800-38D).</summary>
/// <param name="Nonce">12 random bytes.</param>
/// <param name="Ciphertext">As long as the plaintext.</param>
/// <param name="Tag">16 bytes.</param>
public sealed record AesGcmCiphertext(ReadOnlyMemory<byte> Nonce, ReadOnlyMemory<byte> Ciphertext, ReadOnlyMemory<byte> Tag);
