using System.Security.Cryptography;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Encrypts small contents stored for a limited time, such as answers for idempotent retries, with one secret of the
/// vault. Each content has its own AES-256-GCM key, derived by HKDF-SHA256 with a random salt, so their number has no
/// practical limit. Safe for use by several threads.
/// </summary>
public sealed class SecretCipher(SecretBytes secret) : IDisposable
{
    private const int SaltLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private static ReadOnlySpan<byte> Label => "codesigning stored content"u8;

    /// <summary>
    /// Encrypts; the result contains salt, tag and ciphertext, and requires the same associated data for decryption.
    /// </summary>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var result = new byte[SaltLength + TagLength + plaintext.Length];
        var salt = result.AsSpan(0, SaltLength);
        RandomNumberGenerator.Fill(salt);
        using var cipher = CipherFor(salt);
        cipher.Encrypt(
            new byte[NonceLength], plaintext, result.AsSpan(SaltLength + TagLength), result.AsSpan(SaltLength, TagLength), associatedData);
        return result;
    }

    /// <summary>Decrypts what <see cref="Encrypt"/> made.</summary>
    /// <returns>False if it was altered, belongs to other associated data, or was made under another secret.</returns>
    public bool TryDecrypt(ReadOnlySpan<byte> encrypted, ReadOnlySpan<byte> associatedData, out byte[] plaintext)
    {
        plaintext = [];
        if (encrypted.Length < SaltLength + TagLength)
        {
            return false;
        }

        var decrypted = new byte[encrypted.Length - SaltLength - TagLength];
        using var cipher = CipherFor(encrypted[..SaltLength]);
        try
        {
            cipher.Decrypt(
                new byte[NonceLength], encrypted[(SaltLength + TagLength)..], encrypted.Slice(SaltLength, TagLength), decrypted, associatedData);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        plaintext = decrypted;
        return true;
    }

    /// <summary>Zeroes the secret.</summary>
    public void Dispose() => secret.Dispose();

    // A zero nonce is safe, since every content has its own key.
    private AesGcm CipherFor(ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret.Span, key, salt, Label);
        var cipher = new AesGcm(key, TagLength);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }
}
