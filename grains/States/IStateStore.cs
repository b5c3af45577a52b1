using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CodeSigning.Contract;

namespace CodeSigning.Grains.States;

/// <summary>
/// Reads states; all writes go through <see cref="Ledger.ILedger"/>. A row whose seal does not match its content, id,
/// type and version is never returned: reading it throws <see cref="StateTamperedException"/>.
/// </summary>
public interface IStateStore
{
    /// <summary>Reads one state; null if there is none.</summary>
    Task<StoredState?> ReadAsync(string type, string id, CancellationToken cancellationToken);

    /// <summary>Reads several states in one round trip, in any order; those that do not exist are left out.</summary>
    /// <param name="keys">Their types and ids, each once.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    Task<IReadOnlyList<StoredState>> ReadManyAsync(
        IReadOnlyCollection<(string Type, string Id)> keys, CancellationToken cancellationToken);

    /// <summary>
    /// Reads one state if its version is not <paramref name="knownVersion"/>; null if it is unchanged or deleted
    /// (<paramref name="knownVersion"/> 0 and no row counts as unchanged). The flag distinguishes a deleted row.
    /// </summary>
    Task<(bool Changed, StoredState? State)> ReadIfChangedAsync(
        string type, string id, long knownVersion, CancellationToken cancellationToken);

    /// <summary>The stale versions among these, with their current versions (0 for a deleted row).</summary>
    Task<IReadOnlyList<StateVersion>> FindStaleAsync(
        IReadOnlyCollection<StateVersion> versions, CancellationToken cancellationToken);

    /// <summary>Reads one page. Every filter is served by an index, in a time that does not grow with the table.</summary>
    Task<IReadOnlyList<StoredState>> ListAsync(StateQuery query, CancellationToken cancellationToken);
}

/// <summary>A query for one page of states of a type, newest first (ids are ordered by creation time).</summary>
/// <param name="Type">The state's type.</param>
/// <param name="Parent">Only those with this parent id.</param>
/// <param name="Statuses">Only those with one of these statuses; default or empty for any.</param>
/// <param name="AnyLink">Only those with one of these links; default or empty for any.</param>
/// <param name="Name">Only the one with this name.</param>
/// <param name="UntilBefore">Only those that expire before this time.</param>
/// <param name="UntilAtLeast">Only those that expire at this time or later, or never.</param>
/// <param name="Before">Only those whose id sorts before this one: the last id of the previous page.</param>
/// <param name="Limit">The page size, 1 to 1000.</param>
public sealed record StateQuery(
    string Type,
    string? Parent = null,
    ImmutableArray<string> Statuses = default,
    ImmutableArray<string> AnyLink = default,
    string? Name = null,
    DateTimeOffset? UntilBefore = null,
    DateTimeOffset? UntilAtLeast = null,
    string? Before = null,
    int Limit = 25);

/// <summary>One page of states.</summary>
/// <param name="Items">The states, newest first.</param>
/// <param name="Next">The id to continue before; null on the last page.</param>
public sealed record StatePage(IReadOnlyList<StoredState> Items, string? Next);

/// <summary>Extension methods for reading states.</summary>
public static class StateReading
{
    private const int RowsAtOnce = 500;

    /// <summary>Reads one page and determines whether there is another.</summary>
    public static async Task<StatePage> ReadPageAsync(
        this IStateStore store, StateQuery query, CancellationToken cancellationToken)
    {
        var states = await store.ListAsync(query with { Limit = query.Limit + 1 }, cancellationToken);
        return states.Count <= query.Limit
            ? new StatePage(states, null)
            : new StatePage([.. states.Take(query.Limit)], states[query.Limit - 1].Id);
    }

    /// <summary>Reads all results of a query, newest first, page by page; ignores its limit.</summary>
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

    /// <summary>Reads one state; null if there is none.</summary>
    public static async Task<Row<TState>?> FindAsync<TState>(
        this IStateStore store, string type, string id, CancellationToken cancellationToken)
        where TState : class, IIndexedState =>
        (await store.ReadAsync(type, id, cancellationToken))?.ToRow<TState>();

    /// <summary>
    /// Reads the state with a unique name; null if there is none. The search is by a column that is not sealed, so a row
    /// counts only if its sealed content has the name.
    /// </summary>
    public static async Task<Row<TState>?> FindByNameAsync<TState>(
        this IStateStore store, string type, string name, CancellationToken cancellationToken)
        where TState : class, IIndexedState =>
        await store.ListAsync(new StateQuery(type, Name: name, Limit: 1), cancellationToken) is [var stored]
        && stored.ToRow<TState>() is var row && row.State.ToIndex().Name == name
            ? row
            : null;

    /// <summary>The deserialized row.</summary>
    public static Row<TState> ToRow<TState>(this StoredState stored)
        where TState : class, IIndexedState =>
        new(stored.Type, stored.Id, stored.Version, stored.ReadAs<TState>());

    /// <summary>The version for a read set.</summary>
    public static StateVersion ToVersion(this StoredState state) => new(state.Type, state.Id, state.Version);
}

/// <summary>States of several types, read in one round trip.</summary>
public sealed class StateRows
{
    private readonly Dictionary<(string Type, string Id), StoredState> _rows;

    private StateRows(IEnumerable<StoredState> rows) => _rows = rows.ToDictionary(row => (row.Type, row.Id));

    /// <summary>Reads the states of these keys; duplicates are read once.</summary>
    public static async Task<StateRows> ReadAsync(
        IStateStore store, IEnumerable<(string Type, string Id)> keys, CancellationToken cancellationToken)
    {
        var distinct = keys.ToHashSet();
        return new StateRows(distinct.Count == 0 ? [] : await store.ReadManyAsync(distinct, cancellationToken));
    }

    /// <summary>One of the states; null if it does not exist.</summary>
    public Row<TState>? Find<TState>(string type, string id)
        where TState : class, IIndexedState =>
        _rows.TryGetValue((type, id), out var stored) ? stored.ToRow<TState>() : null;

    /// <summary>The version of one of the states; 0 if it does not exist.</summary>
    public StateVersion VersionOf(string type, string id) =>
        new(type, id, _rows.TryGetValue((type, id), out var stored) ? stored.Version : 0);
}

/// <summary>The store is temporarily unavailable. Whether a pending write took place is unknown.</summary>
[GenerateSerializer, Alias("codesigning.StoreUnavailable")]
public sealed class StoreUnavailableException : Exception
{
    /// <summary>The store is temporarily unavailable.</summary>
    public StoreUnavailableException()
        : base("The store is temporarily unavailable: retry later.")
    {
    }

    /// <summary>The store is temporarily unavailable, for this reason.</summary>
    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>The store is temporarily unavailable, for this reason.</summary>
    public StoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
