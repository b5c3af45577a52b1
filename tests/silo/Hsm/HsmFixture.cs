using CodeSigning.Certificates;
using CodeSigning.Silo.Hsm;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Tests.Keys;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CodeSigning.Silo.Tests.Hsm;

/// <summary>Tests with SoftHSM run one after the other: it finds its token by a variable of the process.</summary>
[CollectionDefinition(Name)]
public sealed class SoftHsmSuite
{
    public const string Name = "SoftHSM";
}

/// <summary>A vault with a SoftHSM token and a memory of keys in place of a store.</summary>
internal sealed class HsmFixture : IAsyncDisposable
{
    private readonly MasterKey _masterKey = MasterKey.FromBytes(new byte[MasterKey.Length]);
    private readonly HsmTokens _tokens;

    public HsmFixture(SoftHsm hsm, IPinRecord? pins = null)
    {
        var mistakes = new List<string>();
        _tokens = new HsmTokens(
            HsmSettings.Read(hsm.SettingsFile, mistakes.Add), pins ?? new UnguardedPins(), TimeProvider.System, NullLogger<HsmTokens>.Instance);
        Assert.Empty(mistakes);
        Vault = new KeyVault(new KeySealer(_masterKey), Store, _tokens);
        Signing = new VaultSigningKeys(Vault, new CheckedSigner(100), Threads, NullLogger<VaultSigningKeys>.Instance);
    }

    public const string Custody = "soft";

    public StoredKeys Store { get; } = new();

    public KeyVault Vault { get; }

    public SigningThreads Threads { get; } = new();

    public VaultSigningKeys Signing { get; }

    public HsmToken Token => _tokens.All.Single();

    public async Task<KeyHandle> MakeAsync(string id, KeyAlgorithm algorithm)
    {
        var key = await Vault.GenerateInTokenAsync(id, KeyPurpose.CodeSigning, algorithm, Custody, CancellationToken.None);
        Store.Put(key.Sealed);
        return key.Handle;
    }

    public async ValueTask DisposeAsync()
    {
        Vault.Dispose();
        await _tokens.DisposeAsync();
        await Threads.DisposeAsync();
        _masterKey.Dispose();
    }

    private sealed class UnguardedPins : IPinRecord
    {
        public async Task LoginAsync(string token, byte[] pin, Func<Task<bool>> login, CancellationToken cancellationToken)
        {
            if (!await login())
            {
                throw new PinRefusedException("the token refused the PIN");
            }
        }
    }
}
