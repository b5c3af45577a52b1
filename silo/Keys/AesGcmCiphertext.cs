namespace CodeSigning.Silo.Keys;

/// <summary>One AES-256-GCM ciphertext (NIST SP 800-38D).</summary>
/// <param name="Nonce">12 random bytes.</param>
/// <param name="Ciphertext">As long as the plaintext.</param>
/// <param name="Tag">16 bytes.</param>
public sealed record AesGcmCiphertext(ReadOnlyMemory<byte> Nonce, ReadOnlyMemory<byte> Ciphertext, ReadOnlyMemory<byte> Tag);
