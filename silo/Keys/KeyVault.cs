using System.Security.Cryptography;
using CodeSigning.Certificates;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The only place where private keys exist in plain text: it generates them, seals them for the store and opens them
/// for use. Its handles use keys without exposing them. Safe for use by several threads.
/// </summary>
public sealed class KeyVault : IDisposable
{
    private const int LongestPkcs8 = 4096;

    private readonly KeySealer _sealer;
    private readonly ISealedKeyStore _store;
    private readonly KeyCache _cache;

    /// <summary>Creates a vault over a store.</summary>
    /// <param name="sealer">Seals and opens records.</param>
    /// <param name="store">Reads sealed keys.</param>
    /// <param name="cachedKeys">The number of private keys kept open.</param>
    public KeyVault(KeySealer sealer, ISealedKeyStore store, int cachedKeys = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cachedKeys);
        _sealer = sealer;
        _store = store;
        _cache = new KeyCache(cachedKeys, LoadAsync);
    }

    /// <summary>Generates a key pair. RSA takes up to seconds of CPU time: run it on <see cref="SigningThreads"/>.</summary>
    public NewKey Generate(string id, KeyPurpose purpose, KeyAlgorithm algorithm)
    {
        using var key = KeyAlgorithms.Create(algorithm);
        return Seal(new KeyReference(id), purpose, algorithm, key);
    }

    /// <summary>Imports a key pair. The caller disposes <paramref name="key"/>.</summary>
    /// <exception cref="CryptographicException">The key algorithm is not supported.</exception>
    public NewKey Import(string id, KeyPurpose purpose, AsymmetricAlgorithm key)
    {
        var algorithm = KeyAlgorithms.Of(key) ?? throw new CryptographicException($"The key algorithm is not supported: expected {KeyAlgorithmNames.Supported}.");
        return Seal(new KeyReference(id), purpose, algorithm, key);
    }

    /// <summary>Generates a symmetric secret of 32 random bytes.</summary>
    public NewSecret GenerateSecret(KeyReference reference, KeyPurpose purpose)
    {
        var secret = SecretBytes.Random(32);
        return new NewSecret(_sealer.Seal(reference, purpose, algorithm: null, secret.Span), secret);
    }

    /// <summary>Opens a private key, from the cache if possible. The caller disposes the handle.</summary>
    /// <exception cref="SealedKeyException">The store has no such key, or its record cannot be opened.</exception>
    public ValueTask<KeyHandle> OpenAsync(KeyReference reference, KeyPurpose purpose, CancellationToken cancellationToken) =>
        _cache.HoldAsync(reference, purpose, cancellationToken);

    /// <summary>Opens the private key of a given record, without caching it. The caller disposes the handle.</summary>
    /// <exception cref="SealedKeyException">The record belongs to another key or cannot be opened.</exception>
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

    /// <summary>Closes a deleted key. Signatures in progress are finished.</summary>
    public void Close(KeyReference reference, KeyPurpose purpose) => _cache.Remove(reference, purpose);

    /// <summary>Closes all keys. Signatures in progress are finished.</summary>
    public void Dispose() => _cache.Dispose();

    private NewKey Seal(KeyReference reference, KeyPurpose purpose, KeyAlgorithm algorithm, AsymmetricAlgorithm key)
    {
        using var buffer = new SecretBytes(LongestPkcs8);
        if (!key.TryExportPkcs8PrivateKey(buffer.Span, out var length))
        {
            throw new CryptographicException("The key is longer than any supported algorithm allows.");
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

/// <summary>Reads sealed keys; a new key is stored in the commit of the state that refers to it.</summary>
public interface ISealedKeyStore
{
    /// <summary>The record of a key; null if it does not exist.</summary>
    Task<SealedKey?> LoadAsync(KeyReference reference, CancellationToken cancellationToken);
}

/// <summary>A new or imported key pair, not yet stored.</summary>
/// <param name="Sealed">The record to store in the commit of the state that refers to the key.</param>
/// <param name="Handle">The open key, for signing its own certificate or request; the caller disposes it.</param>
public sealed record NewKey(SealedKey Sealed, KeyHandle Handle);

/// <summary>A new symmetric secret, not yet stored.</summary>
/// <param name="Sealed">The record to store in the commit of the state that uses the secret.</param>
/// <param name="Secret">The secret; the caller disposes it.</param>
public sealed record NewSecret(SealedKey Sealed, SecretBytes Secret);

/// <summary>
/// The purpose of a sealed key, authenticated with it so that an edited row cannot pass for a key of another purpose.
/// Values are stored: never renumber or reuse them.
/// </summary>
public enum KeyPurpose
{
    /// <summary>The private key of a code-signing certificate.</summary>
    CodeSigning = 1,

    /// <summary>The private key of an internal certification authority.</summary>
    CertificateAuthority = 2,

    /// <summary>The ECDSA P-256 key that signs the ledger's stream heads and checkpoints.</summary>
    Ledger = 3,

    /// <summary>The HMAC key over state rows.</summary>
    StateRows = 4,

    /// <summary>The encryption key of answers stored for idempotent retries.</summary>
    Answers = 5,

    /// <summary>The private key of the cluster authority, which issues node certificates.</summary>
    ClusterAuthority = 6,
}

/// <summary>A reference to a sealed key. Private keys stay at version 1; a rotated secret gets the next version.</summary>
/// <param name="Id">1 to 200 bytes of UTF-8.</param>
/// <param name="Version">1 or more.</param>
public readonly record struct KeyReference(string Id, int Version = 1)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Id} version {Version}";
}
