using System.Buffers.Text;
using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// What whoever is on the server itself may do to people where no administrator may alone: <c>silo reset-password EMAIL
/// [--new-email ADDRESS]</c> and <c>silo add-to-group GROUP EMAIL</c>. Each is an entry in the ledger. Nodes that run over
/// PostgreSQL go on; a server on SQLite must be stopped.
/// </summary>
public static class PeopleCommand
{
    private const int RandomBytes = 18;

    /// <summary>Gives a person a random password, which is printed once, and another address where one is named.</summary>
    /// <param name="host">A host of the store, the vault and the identities alone, not started.</param>
    /// <param name="arguments">What follows the verb.</param>
    /// <param name="output">Receives what was done, and the password.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 done, 1 not done, 2 wrong arguments.</returns>
    public static async Task<int> ResetPasswordAsync(
        IHost host, IReadOnlyList<string> arguments, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var (email, newEmail) = arguments switch
        {
            [var one] => (one, null),
            [var one, "--new-email", var other] => (one, other),
            _ => ((string?)null, null),
        };
        if (email is null)
        {
            await errors.WriteLineAsync("Usage: silo reset-password EMAIL [--new-email ADDRESS]");
            return 2;
        }

        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        return await RunAsync(host, errors, async services =>
        {
            var user = await services.GetRequiredService<UserService>().ResetAsync(email, newEmail, password, cancellationToken);
            await output.WriteLineAsync(
                $"{user.Email} signs in with this password, which is shown once: {password}\n"
                + "Every session of theirs has ended, and their votes on requests made before now do not count.");
        }, cancellationToken);
    }

    /// <summary>Adds a person to a group, also to one that approves and of which nobody is left who could approve that.</summary>
    /// <param name="host">A host of the store, the vault and the identities alone, not started.</param>
    /// <param name="arguments">What follows the verb.</param>
    /// <param name="output">Receives what was done.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 done, 1 not done, 2 wrong arguments.</returns>
    public static async Task<int> AddToGroupAsync(
        IHost host, IReadOnlyList<string> arguments, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (arguments is not [var groupId, var email])
        {
            await errors.WriteLineAsync("Usage: silo add-to-group GROUP EMAIL, with the group's id (grp_...)");
            return 2;
        }

        return await RunAsync(host, errors, async services =>
        {
            var user = await services.GetRequiredService<UserService>().GetByEmailAsync(email, cancellationToken);
            await services.GetRequiredService<GroupService>().AddMemberAsync(
                Caller.System, groupId, new PrincipalRef(PrincipalKind.User, user.Id), [], cancellationToken);
            await output.WriteLineAsync($"{user.Email} is a member of the group {groupId}.");
        }, cancellationToken);
    }

    private static async Task<int> RunAsync(
        IHost host, TextWriter errors, Func<IServiceProvider, Task> act, CancellationToken cancellationToken)
    {
        var storage = host.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
        try
        {
            using var stopped = storage.IsSqlite ? StoreLock.Take(storage) : null;
            await host.StartAsync(cancellationToken);
            await act(host.Services);
            await host.StopAsync(CancellationToken.None);
            return 0;
        }
        catch (Exception exception) when (exception is RefusedException or CommitRefusedException or StoreInUseException
            or SealedKeyException or StateTamperedException or StoreUnavailableException or LedgerUnavailableException)
        {
            await errors.WriteLineAsync($"Nothing was changed. {exception.Message}");
            return 1;
        }
    }
}
