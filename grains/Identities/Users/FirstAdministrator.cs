using System.Buffers.Text;
using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities.Users;

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
