using CodeSigning.Errors;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Identities.Users;

/// <summary>
/// Keeps the product from losing its last active administrator. One row names them all; whatever makes or unmakes one
/// writes that row in the same commit as the person's own. Two administrators who disable each other at the same time
/// replace the same version of it, so one of them is refused, on any number of nodes. No grain holds the row: it is
/// read at each such change, which is rare.
/// </summary>
internal sealed class AdministratorRegister(IStateStore store)
{
    private const string RowId = "product";

    /// <summary>The write that adds a person.</summary>
    public async Task<StateWrite> WithAsync(string userId, CancellationToken cancellationToken)
    {
        var (version, ids) = await ReadFoundedAsync(cancellationToken);
        return Write(version, ids with { UserIds = ids.UserIds.Add(userId) });
    }

    /// <summary>The write that adds the very first one.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c> where there is, or was, another.</exception>
    public async Task<StateWrite> WithFirstAsync(string userId, CancellationToken cancellationToken)
    {
        var (version, ids) = await ReadAsync(cancellationToken);
        return version == 0
            ? Write(version, ids with { UserIds = [userId] })
            : throw new RefusedException(ErrorCode.WrongState, "The product has had its first administrator.");
    }

    /// <summary>The write that takes a person out.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c> where nobody would be left.</exception>
    public async Task<StateWrite> WithoutAsync(string userId, CancellationToken cancellationToken)
    {
        var (version, ids) = await ReadFoundedAsync(cancellationToken);
        var left = ids.UserIds.Remove(userId);
        return left.IsEmpty
            ? throw new RefusedException(
                ErrorCode.WrongState, "This is the last active administrator. Make another one first.")
            : Write(version, ids with { UserIds = left });
    }

    private async Task<(long Version, AdministratorsState State)> ReadFoundedAsync(CancellationToken cancellationToken) =>
        await ReadAsync(cancellationToken) is { Version: > 0 } row ? row : throw Missing();

    /// <summary>Whether the product has, or had, an administrator.</summary>
    public async Task<bool> IsFoundedAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken)).Version != 0;

    /// <summary>The row is gone where it must be.</summary>
    public static StateTamperedException Missing() => new(StateTypes.Administrators, RowId);

    private async Task<(long Version, AdministratorsState State)> ReadAsync(CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.Administrators, RowId, cancellationToken) is { } stored
            ? (stored.Version, stored.ReadAs<AdministratorsState>())
            : (0, new AdministratorsState());

    private static StateWrite Write(long version, AdministratorsState state) =>
        new(StateTypes.Administrators, RowId, version, StateJson.Write(state), StateIndex.None);
}
