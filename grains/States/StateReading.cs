using System.Runtime.CompilerServices;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.States;

/// <summary>What readers of states have in common.</summary>
public static class StateReading
{
    private const int RowsAtOnce = 500;

    /// <summary>Reads one page and tells whether there is another.</summary>
    public static async Task<StatePage> ReadPageAsync(
        this IStateStore store, StateQuery query, CancellationToken cancellationToken)
    {
        var states = await store.ListAsync(query with { Limit = query.Limit + 1 }, cancellationToken);
        return states.Count <= query.Limit
            ? new StatePage(states, null)
            : new StatePage([.. states.Take(query.Limit)], states[query.Limit - 1].Id);
    }

    /// <summary>Reads all that a query finds, newest first, a page at a time; its limit does not count.</summary>
    public static async IAsyncEnumerable<Row<TState>> ReadAllAsync<TState>(
        this IStateStore store, StateQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TState : class, IIndexedState
    {
        var next = query with { Limit = RowsAtOnce };
        do
        {
            var page = await store.ReadPageAsync(next, cancellationToken);
            foreach (var stored in page.Items)
            {
                yield return stored.ToRow<TState>();
            }

            next = next with { Before = page.Next };
        }
        while (next.Before is not null);
    }

    /// <summary>Reads one state; null where there is none.</summary>
    public static async Task<Row<TState>?> FindAsync<TState>(
        this IStateStore store, string type, string id, CancellationToken cancellationToken)
        where TState : class, IIndexedState =>
        (await store.ReadAsync(type, id, cancellationToken))?.ToRow<TState>();

    /// <summary>The state in the form in which decisions look at it.</summary>
    public static Row<TState> ToRow<TState>(this StoredState stored)
        where TState : class, IIndexedState =>
        new(stored.Type, stored.Id, stored.Version, stored.ReadAs<TState>());

    /// <summary>Names the version that was read.</summary>
    public static StateVersion ToVersion(this StoredState state) => new(state.Type, state.Id, state.Version);
}
