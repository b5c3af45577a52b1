using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Administration;

/// <summary>Gives an empty store its first administrator.</summary>
public sealed class FirstAdministrator(
    UserService users, IStateStore store, ILedgerReader entries, IOptions<FirstAdministratorOptions> options)
{
    private const int RandomBytes = 18;

    /// <summary>
    /// Makes the first administrator of a store that never had one. Of several nodes that start at once, one makes it.
    /// </summary>
    /// <returns>Null where there is nothing to do, or another node did it.</returns>
    /// <exception cref="StateTamperedException">The ledger tells of something, and the row of the administrators is gone.</exception>
    public async Task<NewAdministrator?> EnsureAsync(CancellationToken cancellationToken)
    {
        var register = new AdministratorRegister(store);
        if (await register.IsFoundedAsync(cancellationToken))
        {
            return null;
        }

        // Another node may have made the first one between the two readings.
        if (!await entries.IsEmptyAsync(cancellationToken))
        {
            return await register.IsFoundedAsync(cancellationToken) ? null : throw AdministratorRegister.Missing();
        }

        var random = options.Value.Password is null
            ? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes))
            : null;
        var request = new CreateUser(options.Value.Email, "Administrator", options.Value.Password ?? random);
        try
        {
            var user = await users.CreateFirstAdministratorAsync(request, cancellationToken);
            return new NewAdministrator(user.Email!, random);
        }
        catch (Exception exception) when (IsOthersDoing(exception))
        {
            if (!await new AdministratorRegister(store).IsFoundedAsync(cancellationToken))
            {
                throw;
            }

            return null;
        }
    }

    private static bool IsOthersDoing(Exception exception) => exception
        is CommitRefusedException
        or RefusedException { Code: ErrorCode.WrongState or ErrorCode.NameTaken };
}

/// <summary>Who is made the first administrator of an empty store.</summary>
public sealed class FirstAdministratorOptions
{
    /// <summary>The address to sign in with.</summary>
    public string Email { get; set; } = "admin@localhost";

    /// <summary>The password; a random one is made where there is none.</summary>
    public string? Password { get; set; }
}

/// <summary>The first administrator as it was just made.</summary>
/// <param name="Email">The address to sign in with.</param>
/// <param name="RandomPassword">The password where it was made at random: to be shown once and written nowhere.</param>
public sealed record NewAdministrator(string Email, string? RandomPassword)
{
    /// <summary>Without the password, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(NewAdministrator)} {{ Email = {Email} }}";
}

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

/// <summary>The one row that <see cref="AdministratorRegister"/> keeps.</summary>
internal sealed record AdministratorsState
{
    /// <summary>The ids of the people who are active administrators.</summary>
    public ImmutableSortedSet<string> UserIds { get; init; } = [];
}
