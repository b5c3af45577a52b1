using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Storage.Housekeeping;

/// <summary>Removes states whose end has come, through the ledger like every write, without an entry.</summary>
internal sealed class ExpiredStates(IStateStore states, ILedger ledger, ILogger<ExpiredStates> logger)
{
    private const int AtOnce = 100;

    /// <summary>
    /// Removes the states of a kind that ended before a time; returns how many. A row that was changed outside the service
    /// stays, as evidence, and keeps no other from being removed.
    /// </summary>
    public async Task<int> PurgeAsync(string type, DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        var removed = 0;
        var ended = new StateQuery(type, UntilBefore: endedBefore, Limit: AtOnce);
        while (true)
        {
            try
            {
                var page = await states.ListAsync(ended, cancellationToken);
                removed += await RemoveAsync(page, cancellationToken);
                if (page.Count < ended.Limit)
                    return removed;

                ended = ended with { Before = page[^1].Id };
            }
            catch (StateTamperedException) when (ended.Limit > 1)
            {
                // A page that holds such a row tells nothing of the others: up to that row they are read one by one.
                ended = ended with { Limit = 1 };
            }
            catch (StateTamperedException tampered)
            {
                logger.LogError(
                    tampered, "The {Type} {Id} has expired and is not removed: it was changed outside the service. Verify the ledger.",
                    type, tampered.StateId);
                ended = ended with { Before = tampered.StateId, Limit = AtOnce };
            }
        }
    }

    private async Task<int> RemoveAsync(IReadOnlyList<StoredState> page, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var state in page)
        {
            StateWrite deletion = new(state.Type, state.Id, state.Version, Content: null, StateIndex.None);
            // One that changed meanwhile has perhaps a new end: the next purge will tell.
            if (await ledger.CommitAsync(new LedgerElement { Writes = [deletion] }, cancellationToken) is CommitOutcome.Committed)
                removed++;
        }

        return removed;
    }
}
