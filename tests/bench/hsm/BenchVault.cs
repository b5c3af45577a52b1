using System.Collections.Concurrent;
using System.Diagnostics;
using CodeSigning.Certificates;
using CodeSigning.Grains.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Hsm;
using CodeSigning.Silo.Keys;
using CodeSigning.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSigning.Hsm.Bench;

/// <summary>The vault of a node over a SoftHSM token, with keys in memory.</summary>
internal sealed class BenchVault : ISealedKeyStore, IPinRecord, IAsyncDisposable
{
    private readonly MasterKey _masterKey = MasterKey.FromBytes(new byte[MasterKey.Length]);
    private readonly ConcurrentDictionary<KeyReference, SealedKey> _records = new();
    private readonly SigningThreads _software = new();
    private readonly HsmTokens _tokens;
    private readonly KeyVault _vault;
    private readonly VaultSigningKeys _keys;
    private readonly int _callers;

    public BenchVault(SoftHsm hsm, int threads)
    {
        _callers = 4 * threads;
        var settings = HsmSettings.Read(hsm.SettingsFile, mistake => throw new InvalidOperationException(mistake));
        _tokens = new HsmTokens(
            [.. settings.Select(one => one with { Sessions = threads })], this, TimeProvider.System, NullLogger<HsmTokens>.Instance);
        _vault = new KeyVault(new KeySealer(_masterKey), this, _tokens);
        _keys = new VaultSigningKeys(_vault, new CheckedSigner(100), _software, NullLogger<VaultSigningKeys>.Instance);
    }

    public async Task<CertificateFacts> MakeAsync(KeyAlgorithm algorithm)
    {
        var made = await _vault.GenerateInTokenAsync(
            "key_" + algorithm, KeyPurpose.CodeSigning, algorithm, _tokens.Names.First(), CancellationToken.None);
        using var key = made.Handle;
        _records[made.Sealed.Reference] = made.Sealed;
        return new CertificateFacts(
            [], "crt_1", key.Reference.Id, algorithm, "1", "1", DateTimeOffset.MinValue, DateTimeOffset.MaxValue,
            IsIssued: true, IsRevoked: false, [.. key.PublicKey.Span]);
    }

    /// <summary>Signatures a second.</summary>
    public async Task<double> MeasureAsync(CertificateFacts certificate, SigningAlgorithm scheme, TimeSpan duration)
    {
        var started = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, _callers).Select(caller => Task.Run(async () =>
        {
            var digest = new byte[scheme.DigestLength()];
            var count = 0;
            for (; started.Elapsed < duration; count++)
            {
                await _keys.SignAsync($"caller {caller}", certificate, scheme, digest, CancellationToken.None);
            }

            return count;
        })));
        return counts.Sum() / started.Elapsed.TotalSeconds;
    }

    public Task<SealedKey?> LoadAsync(KeyReference reference, CancellationToken cancellationToken) =>
        Task.FromResult(_records.GetValueOrDefault(reference));

    public Task LoginAsync(string token, byte[] pin, Func<Task<bool>> login, CancellationToken cancellationToken) => login();

    public async ValueTask DisposeAsync()
    {
        _vault.Dispose();
        await _tokens.DisposeAsync();
        await _software.DisposeAsync();
        _masterKey.Dispose();
    }
}
