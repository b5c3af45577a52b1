using CodeSigning.Ledger;

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
