using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Administration;

/// <summary>Creates the first administrator of an empty store.</summary>
public sealed class FirstAdministrator(
    UserService users, IStateStore store, ILedgerReader entries, IOptions<FirstAdministratorOptions> options)
{
    private const int RandomBytes = 18;

    /// <summary>
    /// Creates the first administrator of a store that never had one. If several nodes start at once, one of them
    /// creates it.
    /// </summary>
    /// <returns>Null if there is nothing to do or another node did it.</returns>
    /// <exception cref="StateTamperedException">The ledger is not empty but the administrators' row is missing.</exception>
    public async Task<NewAdministrator?> EnsureAsync(CancellationToken cancellationToken)
    {
        var register = new AdministratorRegister(store);
        if (await register.IsFoundedAsync(cancellationToken))
        {
            return null;
        }

        // Another node may have created the first administrator between the two reads.
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
        catch (Exception exception) when (IsCausedByOtherNode(exception))
        {
            if (!await new AdministratorRegister(store).IsFoundedAsync(cancellationToken))
            {
                throw;
            }

            return null;
        }
    }

    private static bool IsCausedByOtherNode(Exception exception) => exception
        is CommitRefusedException
        or RefusedException { Code: ErrorCode.WrongState or ErrorCode.NameTaken };
}

/// <summary>The first administrator of an empty store.</summary>
public sealed class FirstAdministratorOptions
{
    /// <summary>The address to sign in with.</summary>
    public string Email { get; set; } = "admin@localhost";

    /// <summary>The password; a random one is generated if not given.</summary>
    public string? Password { get; set; }

    /// <summary>Why nobody may have this address; null where they may.</summary>
    public string? FindEmailMistake() => MistakeOf(() => EmailAddress.Validate(Email));

    /// <summary>Why nobody with this address may have this password; null where they may.</summary>
    public string? FindPasswordMistake() => Password is { } password
        ? MistakeOf(() => PasswordRules.Validate(password, Email))
        : null;

    private static string? MistakeOf(Action validate)
    {
        try
        {
            validate();
            return null;
        }
        catch (RefusedException refusal)
        {
            return refusal.Message;
        }
    }
}

/// <summary>A newly created first administrator.</summary>
/// <param name="Email">The address to sign in with.</param>
/// <param name="RandomPassword">The generated password, to be shown once and never stored; null if it was given.</param>
public sealed record NewAdministrator(string Email, string? RandomPassword)
{
    /// <summary>Without the password, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(NewAdministrator)} {{ Email = {Email} }}";
}

/// <summary>
/// Prevents the product from losing its last active administrator. One row lists all of them, and every change of an
/// administrator writes it in the same commit. If two administrators disable each other concurrently, both replace the
/// same version of the row, so one is refused, on any number of nodes.
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

    /// <summary>The write that adds the first administrator.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c> if there is or was another.</exception>
    public async Task<StateWrite> WithFirstAsync(string userId, CancellationToken cancellationToken)
    {
        var (version, ids) = await ReadAsync(cancellationToken);
        return version == 0
            ? Write(version, ids with { UserIds = [userId] })
            : throw new RefusedException(ErrorCode.WrongState, "The product already had its first administrator.");
    }

    /// <summary>The write that removes a person.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c> if no administrator would be left.</exception>
    public async Task<StateWrite> WithoutAsync(string userId, CancellationToken cancellationToken)
    {
        var (version, ids) = await ReadFoundedAsync(cancellationToken);
        var left = ids.UserIds.Remove(userId);
        return left.IsEmpty
            ? throw new RefusedException(
                ErrorCode.WrongState, "The user is the last active administrator: create another administrator first.")
            : Write(version, ids with { UserIds = left });
    }

    private async Task<(long Version, AdministratorsState State)> ReadFoundedAsync(CancellationToken cancellationToken) =>
        await ReadAsync(cancellationToken) is { Version: > 0 } row ? row : throw Missing();

    /// <summary>Whether the product has or had an administrator.</summary>
    public async Task<bool> IsFoundedAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken)).Version != 0;

    /// <summary>The administrators' row is missing.</summary>
    public static StateTamperedException Missing() => new(StateTypes.Administrators, RowId);

    private async Task<(long Version, AdministratorsState State)> ReadAsync(CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.Administrators, RowId, cancellationToken) is { } stored
            ? (stored.Version, stored.ReadAs<AdministratorsState>())
            : (0, new AdministratorsState());

    private static StateWrite Write(long version, AdministratorsState state) =>
        new(StateTypes.Administrators, RowId, version, StateJson.Write(state), StateIndex.None);
}

/// <summary>The row of <see cref="AdministratorRegister"/>.</summary>
internal sealed record AdministratorsState
{
    /// <summary>The ids of the people who are active administrators.</summary>
    public ImmutableSortedSet<string> UserIds { get; init; } = [];
}
