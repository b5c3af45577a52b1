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
    public static void Assign(List<PendingElement> batch, GrantCounts counts, List<PendingElement> deferred)
    {
        Dictionary<string, long> next = [];
        batch.RemoveAll(pending =>
        {
            if (pending.Element.Use is not { } use)
                return false;

            if (!counts.TryGet(use.GrantId, out var used))
                throw new InvalidOperationException($"The uses of grant {use.GrantId} have not been read.");

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
    }
}
