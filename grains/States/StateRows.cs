using CodeSigning.Ledger;

namespace CodeSigning.Grains.States;

/// <summary>States of several kinds that were read in one round trip.</summary>
public sealed class StateRows
{
    private readonly Dictionary<(string Type, string Id), StoredState> _rows;

    private StateRows(IEnumerable<StoredState> rows) => _rows = rows.ToDictionary(row => (row.Type, row.Id));

    /// <summary>Reads them; each is looked at once, however often it is named.</summary>
    public static async Task<StateRows> ReadAsync(
        IStateStore store, IEnumerable<(string Type, string Id)> keys, CancellationToken cancellationToken)
    {
        var distinct = keys.ToHashSet();
        return new StateRows(distinct.Count == 0 ? [] : await store.ReadManyAsync(distinct, cancellationToken));
    }

    /// <summary>One of them; null where there is none.</summary>
    public Row<TState>? Find<TState>(string type, string id)
        where TState : class, IIndexedState =>
        _rows.TryGetValue((type, id), out var stored) ? stored.ToRow<TState>() : null;

    /// <summary>The version of one of them; 0 where there is none.</summary>
    public StateVersion VersionOf(string type, string id) =>
        new(type, id, _rows.TryGetValue((type, id), out var stored) ? stored.Version : 0);
}
