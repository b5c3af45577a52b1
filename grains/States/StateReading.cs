using System.Globalization;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.States;

/// <summary>What readers of states have in common.</summary>
public static class StateReading
{
    /// <summary>Reads one page and tells whether there is another.</summary>
    public static async Task<StatePage> ReadPageAsync(
        this IStateStore store, StateQuery query, CancellationToken cancellationToken)
    {
        var states = await store.ListAsync(query with { Limit = query.Limit + 1 }, cancellationToken);
        return states.Count <= query.Limit
            ? new StatePage(states, null)
            : new StatePage([.. states.Take(query.Limit)], states[query.Limit - 1].Id);
    }

    /// <summary>Names the version that was read.</summary>
    public static StateVersion ToVersion(this StoredState state) => new(state.Type, state.Id, state.Version);

    /// <summary>Names the version of a grain's state that it last read or wrote; 0 where there is none.</summary>
    public static StateVersion VersionOf<TState>(this IPersistentState<TState> state, string type, string id) =>
        new(type, id, state.RecordExists ? long.Parse(state.Etag!, CultureInfo.InvariantCulture) : 0);
}
