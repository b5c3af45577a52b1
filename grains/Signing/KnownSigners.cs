using System.Collections.Concurrent;
using CodeSigning.Contract;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Signing;

/// <summary>A cached signer with the grants of its callers.</summary>
/// <param name="Facts">The facts as last read.</param>
/// <param name="Grants">The live grants as last read.</param>
public sealed record KnownSigner(SignerFacts Facts, LiveGrants Grants);

/// <summary>
/// The node's cache of signers, so that a signature needs neither a home nor the store. A stale copy is harmless: the
/// commit refuses decisions made from it, and it is read again.
/// </summary>
public sealed class KnownSigners(SignerFactsReader reader, IStateStore store, ILedgerReader ledger, TimeProvider time)
{
    private const int MostKnown = 10_000;

    private readonly ConcurrentDictionary<string, Lazy<Task<KnownSigner?>>> _known = new(StringComparer.Ordinal);

    /// <summary>A signer from the cache, or else from the store; null if it does not exist.</summary>
    public ValueTask<KnownSigner?> FindAsync(string signerId, CancellationToken cancellationToken) =>
        _known.TryGetValue(signerId, out var reading) && IsRead(reading)
            ? new ValueTask<KnownSigner?>(reading.Value.Result)
            : new ValueTask<KnownSigner?>(ReadAsync(signerId, cancellationToken));

    /// <summary>Evicts a signer if its cached facts are stale by these versions.</summary>
    /// <param name="known">The cached signer of the decision.</param>
    /// <param name="actual">The current versions found by the commit.</param>
    public void Forget(KnownSigner known, IEnumerable<StateVersion> actual)
    {
        var signerId = known.Facts.State.Id;
        if (actual.Any(IsOfFacts)
            && _known.TryGetValue(signerId, out var reading)
            && IsRead(reading) && ReferenceEquals(reading.Value.Result, known))
        {
            _known.TryRemove(KeyValuePair.Create(signerId, reading));
        }
    }

    // The result is available without blocking.
    private static bool IsRead(Lazy<Task<KnownSigner?>> reading) =>
        reading.IsValueCreated && reading.Value.IsCompletedSuccessfully;

    // Callers share a pending read; a cancelled caller does not cancel it for the others.
    private async Task<KnownSigner?> ReadAsync(string signerId, CancellationToken cancellationToken)
    {
        if (_known.Count >= MostKnown)
        {
            // Clearing the cache is cheaper than tracking the order of use.
            _known.Clear();
        }

        var reading = _known.GetOrAdd(
            signerId, static (id, self) => new Lazy<Task<KnownSigner?>>(() => self.ReadNowAsync(id)), this);
        KnownSigner? known = null;
        try
        {
            known = await reading.Value.WaitAsync(cancellationToken);
            return known;
        }
        finally
        {
            if (known is null && reading.Value.IsCompleted)
            {
                _known.TryRemove(KeyValuePair.Create(signerId, reading));
            }
        }
    }

    private async Task<KnownSigner?> ReadNowAsync(string signerId) =>
        await reader.ReadAsync(signerId, CancellationToken.None) is { } facts
            ? new KnownSigner(facts, new LiveGrants(signerId, store, ledger, time))
            : null;

    private static bool IsOfFacts(StateVersion version) => version.Type is StateTypes.Signer or StateTypes.Group
        or StateTypes.Certificate or StateTypes.CertificateAuthority or StateTypes.Policy;
}
