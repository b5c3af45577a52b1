using System.Collections.Concurrent;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Storage.Housekeeping;

/// <summary>Removes states whose end has come, through the ledger like every write, without an entry.</summary>
internal sealed class ExpiredStates(IStateStore states, ILedger ledger, ILogger<ExpiredStates> logger)
{
    private const int AtOnce = 100;
    private const int MostTold = 10_000;

    // A row that is told of stays as it is, and is met at every purge.
    private readonly ConcurrentDictionary<string, bool> _told = [];

    /// <summary>
    /// Removes all states that a query finds, however many; returns how many they were. A row that was changed outside the
    /// service stays, as evidence, and keeps no other from being removed.
    /// </summary>
    public async Task<int> PurgeAsync(StateQuery query, CancellationToken cancellationToken)
    {
        var removed = 0;
        var ended = query with { Limit = AtOnce };
        while (true)
        {
            try
            {
                var page = await states.ListAsync(ended, cancellationToken);
                removed += await RemoveAsync(page, cancellationToken);
                if (page.Count < ended.Limit)
                {
                    return removed;
                }

                ended = ended with { Before = page[^1].Id };
            }
            catch (StateTamperedException) when (ended.Limit > 1)
            {
                // A page that holds such a row tells nothing of the others: up to that row they are read one by one.
                ended = ended with { Limit = 1 };
            }
            catch (StateTamperedException tampered)
            {
                if (_told.Count < MostTold && _told.TryAdd($"{query.Type}/{tampered.StateId}", true))
                {
                    logger.LogError(
                        "The {Type} {Id} has expired and is not removed: it was changed outside the service. Verify the ledger.",
                        query.Type, tampered.StateId);
                }

                ended = ended with { Before = tampered.StateId, Limit = AtOnce };
            }
        }
    }

    // A page is one commit. One that changed meanwhile has perhaps a new end, and refuses the commit for all: then each goes
    // by itself, and the next purge will tell of that one.
    private async Task<int> RemoveAsync(IReadOnlyList<StoredState> page, CancellationToken cancellationToken)
    {
        if (page.Count == 0 || await TryRemoveAsync(page, cancellationToken))
        {
            return page.Count;
        }

        var removed = 0;
        foreach (var state in page)
        {
            if (await TryRemoveAsync([state], cancellationToken))
            {
                removed++;
            }
        }

        return removed;
    }

    private async Task<bool> TryRemoveAsync(IReadOnlyList<StoredState> some, CancellationToken cancellationToken)
    {
        var deletions = some.Select(state => new StateWrite(state.Type, state.Id, state.Version, Content: null, StateIndex.None));
        return await ledger.CommitAsync(new LedgerElement { Writes = [.. deletions] }, cancellationToken) is CommitOutcome.Committed;
    }
}
