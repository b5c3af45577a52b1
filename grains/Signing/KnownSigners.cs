using System.Collections.Concurrent;
using CodeSigning.Contract;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Signing;

/// <summary>A signer as this node knows it, and the grants of its callers.</summary>
/// <param name="Facts">The facts as they were read last.</param>
/// <param name="Grants">The live grants as they were read last.</param>
public sealed record KnownSigner(SignerFacts Facts, LiveGrants Grants);

/// <summary>
/// What this node knows of signers, so that a signature asks neither a home nor the store. An old copy does no harm: the
/// ledger refuses what was decided from it, and it is read again.
/// </summary>
public sealed class KnownSigners(SignerFactsReader reader, IStateStore store, ILedgerReader ledger, TimeProvider time)
{
    private const int MostKnown = 10_000;

    private readonly ConcurrentDictionary<string, Lazy<Task<KnownSigner?>>> _known = new(StringComparer.Ordinal);

    /// <summary>A signer as it is known here, or else as the store has it; null where there is none.</summary>
    public ValueTask<KnownSigner?> FindAsync(string signerId, CancellationToken cancellationToken) =>
        _known.TryGetValue(signerId, out var reading) && IsRead(reading)
            ? new ValueTask<KnownSigner?>(reading.Value.Result)
            : new ValueTask<KnownSigner?>(ReadAsync(signerId, cancellationToken));

    /// <summary>Forgets a signer if what is known of it is what these versions have replaced.</summary>
    /// <param name="known">What the decision was made from.</param>
    /// <param name="actual">What the commit found in place of what the decision named.</param>
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

    // Its result can be taken without waiting for it.
    private static bool IsRead(Lazy<Task<KnownSigner?>> reading) =>
        reading.IsValueCreated && reading.Value.IsCompletedSuccessfully;

    // Whoever finds a signer unknown waits for the same reading; no caller's leaving cancels it for the others.
    private async Task<KnownSigner?> ReadAsync(string signerId, CancellationToken cancellationToken)
    {
        if (_known.Count >= MostKnown)
        {
            // What is forgotten is read again; that is cheaper than keeping order of use.
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
