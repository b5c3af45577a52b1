namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// How many uses of a grant the ledger held when this writer last knew. Only a proposal rests on it: the commit counts
/// under lock. Counts never fall, so a grant that is spent here is spent.
/// </summary>
internal sealed class GrantCounts(int capacity = 4096)
{
    private readonly Dictionary<string, long> _counts = [];

    public bool TryGet(string grantId, out long count) => _counts.TryGetValue(grantId, out count);

    public void Set(string grantId, long count)
    {
        // What is forgotten is read again; that is cheaper than keeping order of use.
        if (_counts.Count >= capacity && !_counts.ContainsKey(grantId))
            _counts.Clear();

        _counts[grantId] = count;
    }
}
