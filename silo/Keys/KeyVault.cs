using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Errors;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The only place where private keys exist in plain text: it generates them, seals them for the store and opens them
/// for use. Keys in tokens (HSMs) do not exist in this process at all; the store names them. Handles use both without
/// exposing them. Safe for use by several threads.
/// </summary>
public sealed class KeyVault : IDisposable
{
    private readonly KeySealer _sealer;
    private readonly ISealedKeyStore _store;
    private readonly IKeyTokens? _tokens;
    private readonly KeyCache _cache;

    /// <summary>Creates a vault over a store.</summary>
    /// <param name="sealer">Seals and opens records.</param>
    /// <param name="store">Reads sealed keys.</param>
    /// <param name="tokens">The tokens of this node; null for none.</param>
    /// <param name="cachedKeys">The number of private keys kept open.</param>
    /// <param name="time">The clock by which keys are idle; null for the system's.</param>
    public KeyVault(
        KeySealer sealer, ISealedKeyStore store, IKeyTokens? tokens = null, int cachedKeys = 1024, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cachedKeys);
        NativeHeap.OverwriteFreed();
        _sealer = sealer;
        _store = store;
        _tokens = tokens;
        _cache = new KeyCache(cachedKeys, time ?? TimeProvider.System, LoadAsync);
    }

    /// <summary>Generates a key pair. RSA takes up to seconds of CPU time: run it on <see cref="SigningThreads"/>.</summary>
    public NewKey Generate(string id, KeyPurpose purpose, KeyAlgorithm algorithm)
    {
        using var key = KeyAlgorithms.Create(algorithm);
        return Seal(new KeyReference(id), purpose, algorithm, key);
    }

    /// <summary>The names of the tokens that can make keys.</summary>
    public IReadOnlyCollection<string> TokenNames => _tokens?.Names ?? [];

    /// <summary>Generates a key pair in a token.</summary>
    /// <exception cref="RefusedException">The token is unknown or away, or cannot make the key.</exception>
    public async Task<NewKey> GenerateInTokenAsync(
        string id, KeyPurpose purpose, KeyAlgorithm algorithm, string tokenName, CancellationToken cancellationToken)
    {
        var token = RequireToken(tokenName);
        return Seal(new KeyReference(id), purpose, token, await token.GenerateAsync(id, algorithm, cancellationToken));
    }

    /// <summary>Takes over a key that is in a token already.</summary>
    /// <param name="id">The id of the key in the vault.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="tokenName">The token.</param>
    /// <param name="name">The key's name in the token.</param>
    /// <param name="publicKey">The public key that the private key must belong to, SubjectPublicKeyInfo, DER.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RefusedException">The token is unknown or away, or has no such key.</exception>
    /// <exception cref="CryptographicException">The public key is malformed or its algorithm is not supported.</exception>
    public async Task<NewKey> AdoptFromTokenAsync(
        string id,
        KeyPurpose purpose,
        string tokenName,
        TokenKeyName name,
        ReadOnlyMemory<byte> publicKey,
        CancellationToken cancellationToken)
    {
        var token = RequireToken(tokenName);
        using var verification = VerificationKey.FromSubjectPublicKeyInfo(publicKey.Span);
        return Seal(
            new KeyReference(id), purpose, token, await token.AdoptAsync(name, verification.Algorithm, publicKey, cancellationToken));
    }

    /// <summary>Destroys a key in its token; a software key has nothing outside its record.</summary>
    /// <exception cref="RefusedException"><c>Unavailable</c>: the token is away.</exception>
    public async Task DestroyInTokenAsync(SealedKey record, CancellationToken cancellationToken)
    {
        if (!record.IsInToken)
        {
            return;
        }

        using var handle = Open(record, record.Reference, record.Purpose);
        if (handle.TokenKey is { } key)
        {
            await RequireToken(key.Token).DestroyAsync(key, cancellationToken);
        }
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

    /// <summary>Closes the keys that were not asked for since a time ago. They are opened again when they are asked for.</summary>
    public void CloseIdle(TimeSpan since) => _cache.RemoveIdle(since);

    /// <summary>The keys of a purpose that are open.</summary>
    public IReadOnlyCollection<KeyReference> ListOpen(KeyPurpose purpose) => _cache.List(purpose);

    /// <summary>Closes all keys. Signatures in progress are finished.</summary>
    public void Dispose() => _cache.Dispose();

    private NewKey Seal(KeyReference reference, KeyPurpose purpose, KeyAlgorithm algorithm, AsymmetricAlgorithm key)
    {
        using var pkcs8 = Pkcs8.Export(key);
        var record = _sealer.Seal(reference, purpose, algorithm, pkcs8.Span);
        return new NewKey(record, new KeyHandle(new SharedKey(reference, PrivateKey.FromPkcs8(algorithm, pkcs8.Span))));
    }

    private NewKey Seal(KeyReference reference, KeyPurpose purpose, IKeyToken token, TokenKey key) => new(
        _sealer.Seal(reference, purpose, key), new KeyHandle(new SharedKey(reference, new TokenPrivateKey(token, key))));

    private IKeyToken RequireToken(string name) => _tokens?.Find(name)
        ?? throw new RefusedException(
            ErrorCode.Unavailable, $"The HSM '{name}' is not configured on this node: add it to the file of CODESIGNING_HSM.");

    private async Task<SharedKey> LoadAsync(KeyReference reference, KeyPurpose purpose) =>
        Unseal(await ReadAsync(reference, purpose, CancellationToken.None), reference, purpose);

    private SharedKey Unseal(SealedKey record, KeyReference reference, KeyPurpose purpose)
    {
        if (record.Algorithm is not { } algorithm)
        {
            throw new SealedKeyException(SealedKeyFault.WrongRecord, $"{purpose} key {reference} is a secret, not a key pair.");
        }

        using var content = _sealer.Open(record, reference, purpose);
        if (record.IsInToken)
        {
            var key = TokenKey.FromContent(algorithm, content.Span);
            return new SharedKey(reference, new TokenPrivateKey(RequireToken(key.Token), key));
        }

        return new SharedKey(reference, PrivateKey.FromPkcs8(algorithm, content.Span));
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

    /// <summary>The other master key of a rotation, sealed under one of the two.</summary>
    MasterKey = 7,
}

/// <summary>A reference to a sealed key. Private keys stay at version 1; a rotated secret gets the next version.</summary>
/// <param name="Id">1 to 200 bytes of UTF-8.</param>
/// <param name="Version">1 or more.</param>
public readonly record struct KeyReference(string Id, int Version = 1)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Id} version {Version}";
}
