using CodeSigning.Signing;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The key that signs heads and checkpoints of the ledger: ECDSA P-256 with SHA-256, signatures in DER. It stays open as
/// long as the writer runs. Safe for use by several threads.
/// </summary>
public sealed class LedgerSigningKey : IDisposable
{
    private readonly KeyHandle _key;

    private LedgerSigningKey(KeyHandle key) => _key = key;

    /// <summary>The public key as SubjectPublicKeyInfo, DER: what verifiers need.</summary>
    public ReadOnlyMemory<byte> PublicKey => _key.PublicKey;

    /// <summary>The key's name.</summary>
    public KeyReference Reference => _key.Reference;

    /// <summary>Opens the ledger's key.</summary>
    /// <exception cref="SealedKeyException">The store has no such key, or its record cannot be opened.</exception>
    public static async Task<LedgerSigningKey> OpenAsync(
        KeyVault vault, KeyReference reference, CancellationToken cancellationToken) =>
        new(await vault.OpenAsync(reference, KeyPurpose.Ledger, cancellationToken));

    /// <summary>Takes over the handle of a ledger key that was just made.</summary>
    public static LedgerSigningKey TakeOver(KeyHandle key) => new(key);

    /// <summary>Signs a SHA-256 digest of 32 bytes.</summary>
    public byte[] SignDigest(ReadOnlySpan<byte> sha256) => _key.SignDigest(SigningAlgorithm.EcdsaSha256, sha256);

    /// <summary>Lets the key go.</summary>
    public void Dispose() => _key.Dispose();
}
