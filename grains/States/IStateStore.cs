using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CodeSigning.Contract;

namespace CodeSigning.Grains.States;

/// <summary>
/// Reads states. Writing goes through <see cref="Ledger.ILedger"/> alone. A row whose seal does not fit its content, id,
/// type and version is never returned: reading it throws <see cref="StateTamperedException"/>.
/// </summary>
public interface IStateStore
{
    /// <summary>Reads one state; null where there is none.</summary>
    Task<StoredState?> ReadAsync(string type, string id, CancellationToken cancellationToken);

    /// <summary>Reads several states in one round trip, in any order; those that do not exist are left out.</summary>
    /// <param name="keys">Their kinds and ids, each once.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    Task<IReadOnlyList<StoredState>> ReadManyAsync(
        IReadOnlyCollection<(string Type, string Id)> keys, CancellationToken cancellationToken);

    /// <summary>Reads one state if its version is not <paramref name="knownVersion"/>; null where it still is that or is gone
    /// (<paramref name="knownVersion"/> 0 and no row counts as unchanged). The flag tells a row that is gone.</summary>
    Task<(bool Changed, StoredState? State)> ReadIfChangedAsync(
        string type, string id, long knownVersion, CancellationToken cancellationToken);

    /// <summary>Which of these versions are no longer the stored ones, with the versions that are (0 for a row that is gone).</summary>
    Task<IReadOnlyList<StateVersion>> FindStaleAsync(
        IReadOnlyCollection<StateVersion> versions, CancellationToken cancellationToken);

    /// <summary>Reads one page; served by an index whatever the filter, in a time that does not grow with the table.</summary>
    Task<IReadOnlyList<StoredState>> ListAsync(StateQuery query, CancellationToken cancellationToken);
}

/// <summary>Asks for one page of the states of a kind, newest first (ids are ordered by time of creation).</summary>
/// <param name="Type">The kind of state.</param>
/// <param name="Parent">Only those that belong to this id.</param>
/// <param name="Statuses">Only those with one of these statuses; default or empty for any.</param>
/// <param name="AnyLink">Only those with one of these links; default or empty for any.</param>
/// <param name="Name">Only the one of this name.</param>
/// <param name="UntilBefore">Only those that end before this time.</param>
/// <param name="UntilAtLeast">Only those that end at this time or later, or never.</param>
/// <param name="Before">Only those whose id sorts before this one: the last id of the page before.</param>
/// <param name="Limit">At most so many, 1 to 1000.</param>
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
/// <param name="Next">The id to go on before; null on the last page.</param>
public sealed record StatePage(IReadOnlyList<StoredState> Items, string? Next);

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

/// <summary>The store cannot be reached or cannot write at the moment. Whether a write that was under way took place is not known.</summary>
[GenerateSerializer, Alias("codesigning.StoreUnavailable")]
public sealed class StoreUnavailableException : Exception
{
    /// <summary>The store cannot be reached at the moment.</summary>
    public StoreUnavailableException()
        : base("The store cannot be reached at the moment.")
    {
    }

    /// <summary>The store cannot be reached at the moment, for this reason.</summary>
    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>The store cannot be reached at the moment, for this reason.</summary>
    public StoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
