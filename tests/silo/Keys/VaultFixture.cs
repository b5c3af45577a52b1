using System.Collections.Concurrent;
using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Tests.Keys;

/// <summary>A vault with one key of each kind, made when first asked for: RSA keys take long to make.</summary>
public sealed class VaultFixture : IDisposable
{
    private readonly MasterKey _masterKey = MasterKey.FromBytes(new byte[32]);
    private readonly ConcurrentDictionary<KeyAlgorithm, Lazy<KeyReference>> _keys = new();
    private readonly StoredKeys _store = new();

    public VaultFixture() => Vault = new KeyVault(new KeySealer(_masterKey), _store);

    public KeyVault Vault { get; }

    public async Task<KeyHandle> OpenAsync(KeyAlgorithm algorithm) =>
        await Vault.OpenAsync(
            _keys.GetOrAdd(algorithm, kind => new Lazy<KeyReference>(() => Make(kind))).Value,
            KeyPurpose.CodeSigning,
            CancellationToken.None);

    public void Dispose()
    {
        Vault.Dispose();
        _masterKey.Dispose();
    }

    private KeyReference Make(KeyAlgorithm algorithm)
    {
        var key = Vault.Generate($"key_{algorithm}", KeyPurpose.CodeSigning, algorithm);
        using (key.Handle)
        {
            _store.Put(key.Sealed);
        }

        return key.Sealed.Reference;
    }
}
