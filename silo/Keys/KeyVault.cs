using System.Security.Cryptography;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The only place where private keys exist in the clear: it makes them, seals them for the store and opens them for use.
/// What it hands out can use a key and cannot give it away. Safe for use by several threads.
/// </summary>
public sealed class KeyVault : IDisposable
{
    private const int LongestPkcs8 = 4096;

    private readonly KeySealer _sealer;
    private readonly ISealedKeyStore _store;
    private readonly KeyCache _cache;

    /// <summary>Makes a vault over a store.</summary>
    /// <param name="sealer">Seals and opens records.</param>
    /// <param name="store">Where sealed keys are read from.</param>
    /// <param name="cachedKeys">How many private keys stay open.</param>
    public KeyVault(KeySealer sealer, ISealedKeyStore store, int cachedKeys = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cachedKeys);
        _sealer = sealer;
        _store = store;
        _cache = new KeyCache(cachedKeys, LoadAsync);
    }

    /// <summary>Makes a key pair. For RSA that takes up to seconds of CPU time: run it on <see cref="SigningThreads"/>.</summary>
    public NewKey Generate(string id, KeyPurpose purpose, KeyAlgorithm algorithm)
    {
        using var key = KeyAlgorithms.Create(algorithm);
        return Seal(new KeyReference(id), purpose, algorithm, key);
    }

    /// <summary>Takes in a key pair that was made elsewhere. <paramref name="key"/> stays the caller's to dispose.</summary>
    /// <exception cref="CryptographicException">The key is of no supported kind.</exception>
    public NewKey Import(string id, KeyPurpose purpose, AsymmetricAlgorithm key)
    {
        var algorithm = KeyAlgorithms.Of(key) ?? throw new CryptographicException("The key is of no supported kind.");
        return Seal(new KeyReference(id), purpose, algorithm, key);
    }

    /// <summary>Makes a symmetric secret of 32 random bytes.</summary>
    public NewSecret GenerateSecret(KeyReference reference, KeyPurpose purpose)
    {
        var secret = SecretBytes.Random(32);
        return new NewSecret(_sealer.Seal(reference, purpose, algorithm: null, secret.Span), secret);
    }

    /// <summary>Opens a private key, from memory if it was used lately. The caller disposes the handle.</summary>
    /// <exception cref="SealedKeyException">The store has no such key, or its record cannot be opened.</exception>
    public ValueTask<KeyHandle> OpenAsync(KeyReference reference, KeyPurpose purpose, CancellationToken cancellationToken) =>
        _cache.HoldAsync(reference, purpose, cancellationToken);

    /// <summary>Opens the private key of a record that was read elsewhere; it is not remembered. The caller disposes the handle.</summary>
    /// <exception cref="SealedKeyException">It is the record of another key, or cannot be opened.</exception>
    public KeyHandle Open(SealedKey record, KeyReference reference, KeyPurpose purpose) =>
        new(Unseal(record, reference, purpose));

    /// <summary>Opens a symmetric secret. The caller disposes it.</summary>
    /// <exception cref="SealedKeyException">The store has no such secret, or its record cannot be opened.</exception>
    public async Task<SecretBytes> OpenSecretAsync(
        KeyReference reference, KeyPurpose purpose, CancellationToken cancellationToken)
    {
        var record = await ReadAsync(reference, purpose, cancellationToken);
        return record.Algorithm is null
            ? _sealer.Open(record, reference, purpose)
            : throw new SealedKeyException(SealedKeyFault.WrongRecord, $"{purpose} key {reference} is a key pair, not a secret.");
    }

    /// <summary>Closes a key that was deleted. Signatures that are being made with it are finished.</summary>
    public void Close(KeyReference reference, KeyPurpose purpose) => _cache.Remove(reference, purpose);

    /// <summary>Closes all keys. Signatures that are being made are finished.</summary>
    public void Dispose() => _cache.Dispose();

    private NewKey Seal(KeyReference reference, KeyPurpose purpose, KeyAlgorithm algorithm, AsymmetricAlgorithm key)
    {
        using var buffer = new SecretBytes(LongestPkcs8);
        if (!key.TryExportPkcs8PrivateKey(buffer.Span, out var length))
        {
            throw new CryptographicException("The key is longer than any supported kind.");
        }

        var pkcs8 = buffer.Span[..length];
        var record = _sealer.Seal(reference, purpose, algorithm, pkcs8);
        return new NewKey(record, new KeyHandle(new SharedKey(reference, PrivateKey.FromPkcs8(algorithm, pkcs8))));
    }

    private async Task<SharedKey> LoadAsync(KeyReference reference, KeyPurpose purpose) =>
        Unseal(await ReadAsync(reference, purpose, CancellationToken.None), reference, purpose);

    private SharedKey Unseal(SealedKey record, KeyReference reference, KeyPurpose purpose)
    {
        if (record.Algorithm is not { } algorithm)
        {
            throw new SealedKeyException(SealedKeyFault.WrongRecord, $"{purpose} key {reference} is a secret, not a key pair.");
        }

        using var pkcs8 = _sealer.Open(record, reference, purpose);
        return new SharedKey(reference, PrivateKey.FromPkcs8(algorithm, pkcs8.Span));
    }

    private async Task<SealedKey> ReadAsync(KeyReference reference, KeyPurpose purpose, CancellationToken cancellationToken) =>
        await _store.LoadAsync(reference, cancellationToken)
        ?? throw new SealedKeyException(SealedKeyFault.Missing, $"The store has no {purpose} key {reference}.");
}

/// <summary>
/// Where sealed keys are read from. Nothing is written through it: a new key is stored in the same commit as the state
/// that names it, or not at all.
/// </summary>
public interface ISealedKeyStore
{
    /// <summary>Reads the record of a key; null if there is none.</summary>
    Task<SealedKey?> LoadAsync(KeyReference reference, CancellationToken cancellationToken);
}

/// <summary>A key pair that was just made or imported and is stored nowhere yet.</summary>
/// <param name="Sealed">What to store, in the commit of the state that names the key.</param>
/// <param name="Handle">The key, to be used now (to sign its own certificate or request); the caller disposes it.</param>
public sealed record NewKey(SealedKey Sealed, KeyHandle Handle);

/// <summary>A symmetric secret that was just made and is stored nowhere yet.</summary>
/// <param name="Sealed">What to store, in the commit of whatever relies on the secret.</param>
/// <param name="Secret">The secret; the caller disposes it.</param>
public sealed record NewSecret(SealedKey Sealed, SecretBytes Secret);

/// <summary>
/// What a sealed key may be used for. It is authenticated with the key, so that a row edited in the store cannot make
/// one kind of key pass for another. Values are stored: they only ever grow.
/// </summary>
public enum KeyPurpose
{
    /// <summary>The private key of a code-signing certificate.</summary>
    CodeSigning = 1,

    /// <summary>The private key of an internal certification authority.</summary>
    CertificateAuthority = 2,

    /// <summary>The ECDSA P-256 key that signs heads and checkpoints of the ledger.</summary>
    Ledger = 3,

    /// <summary>The HMAC key over state rows.</summary>
    StateRows = 4,

    /// <summary>The encryption key of answers kept for idempotent retries.</summary>
    Answers = 5,

    /// <summary>The private key of the cluster authority, which vouches for nodes to one another.</summary>
    ClusterAuthority = 6,
}

/// <summary>Names one sealed key. Private keys stay at version 1; a secret that is rotated gets the next version.</summary>
/// <param name="Id">1 to 200 bytes of UTF-8.</param>
/// <param name="Version">1 or more.</param>
public readonly record struct KeyReference(string Id, int Version = 1)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Id} version {Version}";
}
