using CodeSigning.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Secrets;

/// <summary>
/// The cluster's own keys in the vault: one seals rows, one encrypts answers, one signs heads and checkpoints. The
/// first node that ever starts generates them.
/// </summary>
internal sealed class ClusterKeys : IStateSealer, ISecretSealer, ILedgerKey, IDisposable
{
    private static readonly KeyReference Rows = new("state-rows");
    private static readonly KeyReference Answers = new("answers");
    private static readonly KeyReference LedgerKey = new("ledger");

    private StateSealer? _sealer;
    private SecretCipher? _cipher;
    private LedgerSigningKey? _signingKey;

    public string KeyId { get; private set; } = "";

    public ReadOnlyMemory<byte> PublicKey => Opened(_signingKey).PublicKey;

    /// <summary>Opens the keys, or generates them if the store has none.</summary>
    /// <exception cref="SealedKeyException">
    /// The master key is not that of the store, or a record was changed or removed.
    /// </exception>
    public async Task OpenOrMakeAsync(
        KeyVault vault, ISealedKeyStore store, ILedger ledger, ILedgerReader entries, CancellationToken cancellationToken)
    {
        // Several nodes may start on an empty store concurrently: the first commit wins, the others open its keys.
        while (await store.LoadAsync(LedgerKey, cancellationToken) is null && await entries.IsEmptyAsync(cancellationToken))
        {
            await MakeAsync(vault, ledger, cancellationToken);
        }

        await OpenAsync(vault, cancellationToken);
    }

    /// <summary>Opens the keys.</summary>
    /// <exception cref="SealedKeyException">
    /// The store has no keys, the master key is not that of the store, or a record was changed.
    /// </exception>
    public async Task OpenAsync(KeyVault vault, CancellationToken cancellationToken)
    {
        Keep(
            await vault.OpenSecretAsync(Rows, KeyPurpose.StateRows, cancellationToken),
            await vault.OpenSecretAsync(Answers, KeyPurpose.Answers, cancellationToken),
            await LedgerSigningKey.OpenAsync(vault, LedgerKey, cancellationToken));
    }

    public byte[] Seal(string type, string id, long version, ReadOnlySpan<byte> content) =>
        Opened(_sealer).Seal(type, id, version, content);

    public bool Verify(string type, string id, long version, ReadOnlySpan<byte> content, ReadOnlySpan<byte> seal) =>
        Opened(_sealer).Verify(type, id, version, content, seal);

    public byte[] Seal(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> associatedData) => Opened(_cipher).Encrypt(secret, associatedData);

    public bool TryOpen(ReadOnlySpan<byte> sealedSecret, ReadOnlySpan<byte> associatedData, out byte[] secret) =>
        Opened(_cipher).TryDecrypt(sealedSecret, associatedData, out secret);

    public byte[] SignDigest(ReadOnlySpan<byte> sha256) => Opened(_signingKey).SignDigest(sha256);

    public void Dispose()
    {
        _sealer?.Dispose();
        _cipher?.Dispose();
        _signingKey?.Dispose();
    }

    private async Task MakeAsync(KeyVault vault, ILedger ledger, CancellationToken cancellationToken)
    {
        var rows = vault.GenerateSecret(Rows, KeyPurpose.StateRows);
        var answers = vault.GenerateSecret(Answers, KeyPurpose.Answers);
        var signing = vault.Generate(LedgerKey.Id, KeyPurpose.Ledger, KeyAlgorithm.EcP256);
        Keep(rows.Secret, answers.Secret, LedgerSigningKey.TakeOver(signing.Handle));
        StateWrite[] writes = [.. new[] { rows.Sealed, answers.Sealed, signing.Sealed }.Select(SealedKeyStates.Write)];
        var outcome = await ledger.CommitAsync(new LedgerElement { Writes = [.. writes] }, cancellationToken);
        if (outcome is not (CommitOutcome.Committed or CommitOutcome.Stale))
        {
            throw new InvalidOperationException($"The cluster's keys could not be stored: {outcome}.");
        }
    }

    private void Keep(SecretBytes rows, SecretBytes answers, LedgerSigningKey signing)
    {
        Dispose();
        _sealer = new StateSealer(new Dictionary<int, SecretBytes> { [Rows.Version] = rows });
        _cipher = new SecretCipher(answers);
        _signingKey = signing;
        KeyId = SubjectPublicKeyInfo.NameOf(signing.PublicKey.Span);
    }

    private static T Opened<T>(T? key)
        where T : class =>
        key ?? throw new InvalidOperationException("The cluster's keys have not been opened yet.");
}

/// <summary>
/// The key that signs the ledger's heads and checkpoints: ECDSA P-256 with SHA-256, signatures in DER. It stays open
/// while the writer runs. Safe for use by several threads.
/// </summary>
public sealed class LedgerSigningKey : IDisposable
{
    private readonly KeyHandle _key;

    private LedgerSigningKey(KeyHandle key) => _key = key;

    /// <summary>The public key as SubjectPublicKeyInfo, DER, for verifiers.</summary>
    public ReadOnlyMemory<byte> PublicKey => _key.PublicKey;

    /// <summary>The key's reference.</summary>
    public KeyReference Reference => _key.Reference;

    /// <summary>Opens the ledger's key.</summary>
    /// <exception cref="SealedKeyException">The store has no such key, or its record cannot be opened.</exception>
    public static async Task<LedgerSigningKey> OpenAsync(
        KeyVault vault, KeyReference reference, CancellationToken cancellationToken) =>
        new(await vault.OpenAsync(reference, KeyPurpose.Ledger, cancellationToken));

    /// <summary>Takes ownership of the handle of a new ledger key.</summary>
    public static LedgerSigningKey TakeOver(KeyHandle key) => new(key);

    /// <summary>Signs a SHA-256 digest of 32 bytes.</summary>
    public byte[] SignDigest(ReadOnlySpan<byte> sha256) => _key.SignDigest(SigningAlgorithm.EcdsaSha256, sha256);

    /// <summary>Releases the key.</summary>
    public void Dispose() => _key.Dispose();
}
