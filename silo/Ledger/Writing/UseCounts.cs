using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Commits;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>Reads tamper-proof use counts.</summary>
internal interface IUseCountReader
{
    /// <summary>The uses of a grant: the sealed count, compared with the ledger's entries.</summary>
    /// <exception cref="StateTamperedException">The count is missing or does not match the entries.</exception>
    Task<UseCount> ReadGrantAsync(string grantId, CancellationToken cancellationToken);

    /// <summary>The uses of a counter without entries.</summary>
    /// <exception cref="StateTamperedException">The count is missing.</exception>
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

            // Another node may have used the grant between the two reads.
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
/// The writer's cache of use counts, for proposals only: the commit compares the version of the sealed count and counts
/// a grant's entries under lock. Counts never decrease, so a limit reached in the cache is reached.
/// </summary>
/// <param name="reader">Reads counts that are not cached.</param>
/// <param name="capacity">The capacity of the cache.</param>
internal sealed class UseCounts(IUseCountReader reader, int capacity = 4096)
{
    private readonly Dictionary<string, UseCount> _known = [];

    /// <summary>The counts for a batch. The result is the batch's own copy, unaffected by later evictions.</summary>
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

    /// <summary>Caches a count after a commit.</summary>
    public void Set(string id, UseCount count)
    {
        // Clearing the cache is cheaper than tracking the order of use.
        if (_known.Count >= capacity && !_known.ContainsKey(id))
        {
            _known.Clear();
        }

        _known[id] = count;
    }

    /// <summary>Evicts a stale count; the next read compares it with the ledger again.</summary>
    public void Forget(string id) => _known.Remove(id);
}
