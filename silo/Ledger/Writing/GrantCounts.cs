namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// How many uses of a grant the ledger held when this writer last knew. Only a proposal rests on it: the commit counts
/// under lock. Counts never fall, so a grant that is spent here is spent.
/// </summary>
/// <param name="reader">Counts what is not remembered.</param>
/// <param name="capacity">How many grants are remembered at most.</param>
internal sealed class GrantCounts(IGrantUseReader reader, int capacity = 4096)
{
    private readonly Dictionary<string, long> _counts = [];

    /// <summary>
    /// The counts of all grants that a batch takes uses of. They are the batch's own: what is forgotten meanwhile is not
    /// missing in them.
    /// </summary>
    public async Task<Dictionary<string, long>> ReadAsync(IReadOnlyList<PendingElement> batch, CancellationToken cancellationToken)
    {
        Dictionary<string, long> counts = [];
        foreach (var pending in batch)
        {
            if (pending.Element.Use is not { GrantId: var grantId } || counts.ContainsKey(grantId))
                continue;

            if (!_counts.TryGetValue(grantId, out var count))
                Set(grantId, count = await reader.CountUsesAsync(grantId, cancellationToken));

            counts.Add(grantId, count);
        }

        return counts;
    }

    /// <summary>Remembers what a commit found, or made.</summary>
    public void Set(string grantId, long count)
    {
        // What is forgotten is read again; that is cheaper than keeping order of use.
        if (_counts.Count >= capacity && !_counts.ContainsKey(grantId))
            _counts.Clear();

        _counts[grantId] = count;
    }
}
