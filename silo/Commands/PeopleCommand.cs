using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using CodeSigning.Grains;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// What whoever is on the server itself may do to people where no administrator may alone: <c>silo reset-password EMAIL
/// [--new-email ADDRESS]</c> and <c>silo add-to-group GROUP EMAIL</c>. Each is an entry in the ledger. Nodes that run over
/// PostgreSQL go on; a server on SQLite must be stopped.
/// </summary>
internal static class PeopleCommand
{
    private const int RandomBytes = 18;

    private const string Undone = "Nothing was changed.";

    /// <summary>The verb that gives a person another password and removes the second factor. Its exit status: 0 done, 1 not done.</summary>
    public static Command CreateResetPassword()
    {
        Argument<string> email = new("EMAIL") { Description = "the address that the person signs in with" };
        Option<string> newEmail = new("--new-email") { Description = "another address for them", HelpName = "ADDRESS" };
        Command command = new("reset-password", "gives a person another password, which is printed once, and removes their second factor") { email, newEmail };
        command.SetAction((result, cancellationToken) => RunAsync(result, host => ResetPasswordAsync(
            host,
            result.GetRequiredValue(email),
            result.GetValue(newEmail),
            result.InvocationConfiguration.Output,
            result.InvocationConfiguration.Error,
            cancellationToken)));
        return command;
    }

    /// <summary>The verb that adds a person to a group. Its exit status: 0 done, 1 not done.</summary>
    public static Command CreateAddToGroup()
    {
        Argument<string> group = new("GROUP") { Description = "the group's name or id (grp_...)" };
        Argument<string> email = new("EMAIL") { Description = "the address that the person signs in with" };
        Command command = new("add-to-group", "adds a person to a group that nobody is left to approve for") { group, email };
        command.SetAction((result, cancellationToken) => RunAsync(result, host => AddToGroupAsync(
            host,
            result.GetRequiredValue(group),
            result.GetRequiredValue(email),
            result.InvocationConfiguration.Output,
            result.InvocationConfiguration.Error,
            cancellationToken)));
        return command;
    }

    /// <summary>Gives a person a random password, which is printed once, and another address where one is named.</summary>
    /// <param name="host">A host of the store, the vault and the identities alone, not started.</param>
    /// <param name="email">The address that the person signs in with.</param>
    /// <param name="newEmail">Another address for them; null for the one that they have.</param>
    /// <param name="output">Receives what was done, and the password.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static Task<int> ResetPasswordAsync(
        IHost host, string email, string? newEmail, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        return StoreWrite.RunAsync(host, Undone, errors, async services =>
        {
            var user = await services.GetRequiredService<UserService>().ResetAsync(email, newEmail, password, cancellationToken);
            await output.WriteLineAsync(
                $"{user.Email} signs in with this password, which is shown once: {password}\n"
                + "They must change it at once. "
                + "Their second factor, if any, was removed. Every session of theirs has ended, and their votes on requests made "
                + "before now do not count.");
        }, cancellationToken);
    }

    /// <summary>Adds a person to a group, also to one that approves and of which nobody is left who could approve that.</summary>
    /// <param name="host">A host of the store, the vault and the identities alone, not started.</param>
    /// <param name="group">The group's name or id.</param>
    /// <param name="email">The address that the person signs in with.</param>
    /// <param name="output">Receives what was done.</param>
    /// <param name="errors">Receives why nothing was.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 done, 1 not done.</returns>
    public static Task<int> AddToGroupAsync(
        IHost host, string group, string email, TextWriter output, TextWriter errors, CancellationToken cancellationToken) =>
        StoreWrite.RunAsync(host, Undone, errors, async services =>
        {
            var user = await services.GetRequiredService<UserService>().GetByEmailAsync(email, cancellationToken);
            var groupId = await PrincipalLookup.FindIdAsync(
                services.GetRequiredService<IStateStore>(), Caller.System, PrincipalKind.Group, group, cancellationToken);
            await services.GetRequiredService<GroupService>().AddMemberAsync(
                Caller.System, groupId, new PrincipalRef(PrincipalKind.User, user.Id), [], cancellationToken);
            await output.WriteLineAsync($"{user.Email} is a member of the group {group}.");
        }, cancellationToken);

    private static Task<int> RunAsync(ParseResult result, Func<IHost, Task<int>> act) => VerbHost.RunAsync(
        services => services.AddIdentities(), Undone, refused: 1, result.InvocationConfiguration.Error, act);
}
