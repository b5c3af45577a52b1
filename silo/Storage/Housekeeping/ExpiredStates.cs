using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage.Housekeeping;

/// <summary>Removes states whose end has come, through the ledger like every write, without an entry.</summary>
internal sealed class ExpiredStates(IStateStore states, ILedger ledger)
{
    private const int AtOnce = 100;

    /// <summary>Removes the states of a kind that ended before a time; returns how many.</summary>
    public async Task<int> PurgeAsync(string type, DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        var removed = 0;
        string? before = null;
        while (true)
        {
            var page = await states.ListAsync(
                new StateQuery(type, UntilBefore: endedBefore, Before: before, Limit: AtOnce), cancellationToken);
            foreach (var state in page)
            {
                StateWrite deletion = new(state.Type, state.Id, state.Version, Content: null, StateIndex.None);
                // One that changed meanwhile has perhaps a new end: the next purge will tell.
                if (await ledger.CommitAsync(new LedgerElement { Writes = [deletion] }, cancellationToken) is CommitOutcome.Committed)
                    removed++;
            }

            if (page.Count < AtOnce)
                return removed;

            before = page[^1].Id;
        }
    }
}
