using CodeSigning.Grains.Ledger;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>Numbers the uses that a batch takes of its grants.</summary>
internal static class UseAssignment
{
    /// <summary>
    /// Gives each element of the batch the next use of its grant. An element whose grant is spent is refused and leaves the
    /// batch; one whose grant is spent only by uses of this very batch is put into <paramref name="deferred"/>, since
    /// those may yet be refused.
    /// </summary>
    /// <param name="batch">The elements.</param>
    /// <param name="counts">How many uses the ledger holds of each of the batch's grants.</param>
    /// <param name="deferred">Receives the elements that must wait for another batch.</param>
    /// <returns>The elements whose grant is not among <paramref name="counts"/>; they have left the batch.</returns>
    public static List<PendingElement> Assign(
        List<PendingElement> batch, IReadOnlyDictionary<string, long> counts, List<PendingElement> deferred)
    {
        List<PendingElement> uncounted = [];
        Dictionary<string, long> next = [];
        batch.RemoveAll(pending =>
        {
            if (pending.Element.Use is not { } use)
                return false;

            if (!counts.TryGetValue(use.GrantId, out var used))
            {
                uncounted.Add(pending);
                return true;
            }

            var taken = next.GetValueOrDefault(use.GrantId, used) + 1;
            if (use.Limit is { } limit && taken > limit)
            {
                if (used >= limit)
                    pending.Complete(new CommitOutcome.Exhausted(used));
                else
                    deferred.Add(pending);

                return true;
            }

            next[use.GrantId] = taken;
            pending.Use = taken;
            return false;
        });
        return uncounted;
    }
}
