using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Commits;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>Reads how often something was used, from what cannot be forged.</summary>
internal interface IUseCountReader
{
    /// <summary>The uses of a grant: the sealed count, held against the ledger's entries.</summary>
    /// <exception cref="StateTamperedException">The two do not fit, or there is no count.</exception>
    Task<UseCount> ReadGrantAsync(string grantId, CancellationToken cancellationToken);

    /// <summary>The uses of what has no entries.</summary>
    /// <exception cref="StateTamperedException">There is no count.</exception>
    Task<UseCount> ReadAsync(string id, CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal sealed class UseCountReader(IStateStore states, ILedgerReader entries) : IUseCountReader
{
    public async Task<UseCount> ReadGrantAsync(string grantId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (version, state) = await ReadStateAsync(grantId, cancellationToken);
            var last = await entries.FindLastUseAsync(grantId, cancellationToken);
            if ((last?.Use ?? 0) == state.Count && last?.EntryHash == state.LastEntry)
            {
                return new UseCount(version, state.Count);
            }

            // Another node may have used the grant between the two readings.
            if ((await ReadStateAsync(grantId, cancellationToken)).Version == version)
            {
                throw new StateTamperedException(StateTypes.UseCount, grantId);
            }
        }
    }

    public async Task<UseCount> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var (version, state) = await ReadStateAsync(id, cancellationToken);
        return new UseCount(version, state.Count);
    }

    private async Task<(long Version, UseCountState State)> ReadStateAsync(string id, CancellationToken cancellationToken) =>
        await states.ReadAsync(StateTypes.UseCount, id, cancellationToken) is { } stored
            ? (stored.Version, stored.ReadAs<UseCountState>())
            : throw new StateTamperedException(StateTypes.UseCount, id);
}

/// <summary>
/// How often grants and client secrets were used when this writer last knew. Only a proposal rests on it: the commit
/// compares the version of the sealed count, and counts a grant's entries under lock. Counts never fall, so what is spent
/// here is spent.
/// </summary>
/// <param name="reader">Counts what is not remembered.</param>
/// <param name="capacity">How many are remembered at most.</param>
internal sealed class UseCounts(IUseCountReader reader, int capacity = 4096)
{
    private readonly Dictionary<string, UseCount> _known = [];

    /// <summary>
    /// The counts of all that a batch takes uses of. They are the batch's own: what is forgotten meanwhile is not missing
    /// in them.
    /// </summary>
    public async Task<Dictionary<string, UseCount>> ReadAsync(IReadOnlyList<PendingElement> batch, CancellationToken cancellationToken)
    {
        Dictionary<string, UseCount> counts = [];
        foreach (var pending in batch)
        {
            if (pending.Element.Use is { GrantId: var grantId } && !counts.ContainsKey(grantId))
            {
                counts.Add(grantId, _known.TryGetValue(grantId, out var known) ? known : await reader.ReadGrantAsync(grantId, cancellationToken));
            }

            foreach (var counter in pending.Element.Counters)
            {
                if (!counts.ContainsKey(counter.Id))
                {
                    counts.Add(counter.Id, _known.TryGetValue(counter.Id, out var known) ? known : await reader.ReadAsync(counter.Id, cancellationToken));
                }
            }
        }

        return counts;
    }

    /// <summary>Remembers what a commit made.</summary>
    public void Set(string id, UseCount count)
    {
        // What is forgotten is read again; that is cheaper than keeping order of use.
        if (_known.Count >= capacity && !_known.ContainsKey(id))
        {
            _known.Clear();
        }

        _known[id] = count;
    }

    /// <summary>Forgets what a commit found to be otherwise: it is read anew, and held against the ledger.</summary>
    public void Forget(string id) => _known.Remove(id);
}
