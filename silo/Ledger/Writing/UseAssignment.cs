using CodeSigning.Grains.Ledger;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>Numbers the uses that a batch takes of its grants and of what else is counted.</summary>
internal sealed class UseAssignment(IReadOnlyDictionary<string, UseCount> counts)
{
    private readonly Dictionary<string, long> _next = [];

    /// <summary>
    /// Gives each element of the batch the next use of its grant and of its counters. An element for which one of them is
    /// spent is refused and leaves the batch; one for which it is spent only by uses of this very batch is put into
    /// <paramref name="deferred"/>, since those may yet be refused.
    /// </summary>
    /// <param name="batch">The elements.</param>
    /// <param name="deferred">Receives the elements that must wait for another batch.</param>
    /// <returns>The elements of which something was not counted; they have left the batch.</returns>
    public List<PendingElement> Assign(List<PendingElement> batch, List<PendingElement> deferred)
    {
        List<PendingElement> uncounted = [];
        batch.RemoveAll(pending =>
        {
            if (!IsCounted(pending.Element))
            {
                uncounted.Add(pending);
                return true;
            }

            if (FindSpent(pending.Element) is { } spent)
            {
                if (spent.IsForGood)
                {
                    pending.Complete(spent.Outcome);
                }
                else
                {
                    deferred.Add(pending);
                }

                return true;
            }

            Take(pending);
            return false;
        });
        return uncounted;
    }

    /// <summary>What stands after the batch: of each that it takes uses of, how often that was used.</summary>
    public IReadOnlyDictionary<string, long> After => _next;

    private bool IsCounted(LedgerElement element) =>
        (element.Use is not { } use || counts.ContainsKey(use.GrantId)) && element.Counters.All(counter => counts.ContainsKey(counter.Id));

    private (CommitOutcome Outcome, bool IsForGood)? FindSpent(LedgerElement element)
    {
        if (element.Use is { Limit: { } limit, GrantId: var grantId } && UsedUp(grantId) >= limit)
        {
            return (new CommitOutcome.Exhausted(counts[grantId].Count), counts[grantId].Count >= limit);
        }

        foreach (var counter in element.Counters)
        {
            if (UsedUp(counter.Id) >= counter.Limit)
            {
                return (new CommitOutcome.LimitReached(counter.Id), counts[counter.Id].Count >= counter.Limit);
            }
        }

        return null;
    }

    private long UsedUp(string id) => _next.TryGetValue(id, out var next) ? next : counts[id].Count;

    private void Take(PendingElement pending)
    {
        if (pending.Element.Use is { } use)
        {
            pending.Use = _next[use.GrantId] = UsedUp(use.GrantId) + 1;
        }

        foreach (var counter in pending.Element.Counters)
        {
            _next[counter.Id] = UsedUp(counter.Id) + 1;
        }
    }
}
