using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Logs people in. The work is the same whether or not the account exists, may act, or has a password. It is no grain: a
/// password then never crosses a grain call. A hash that was made with other parameters than today's is replaced when its
/// password is proven, the only time at which it can be.
/// </summary>
public sealed class PasswordLogin(
    IStateStore store,
    PasswordHashing hashing,
    LoginThrottle throttle,
    SessionRows sessions,
    IObservations observations,
    ILogger<PasswordLogin> log)
{
    /// <summary>Begins a session.</summary>
    /// <exception cref="RefusedException">
    /// <c>Unauthenticated</c>, for whatever reason; <c>RateLimited</c>; <c>InvalidRequest</c> for the code of a second factor.
    /// </exception>
    public async Task<IssuedToken> LoginAsync(
        PasswordCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        if (credentials.Code is not null)
        {
            // Taken and not looked at, it would make its owner believe in a second factor that there is not.
            throw new RefusedException(
                ErrorCode.InvalidRequest, "No account has a second factor here yet. Sign in without the field 'code'.");
        }

        var email = EmailAddress.Normalize(credentials.Email);
        using var attempt = throttle.Begin(PrincipalKind.User, email ?? credentials.Email, origin.Address);
        string? id = null;
        string? provenHash = null;
        string? newHash = null;
        var token = await sessions.BeginAsync(DecideAsync, cancellationToken);
        if (token is null)
        {
            // An unknown address is not logged: it may be a password that was typed into the wrong field.
            log.LogInformation("Login of {UserId} from {Address} failed", id ?? "an unknown account", origin.Address);
            attempt.Fail();
            throw FailedLogin.Create();
        }

        attempt.Succeed();
        observations.NoteLogin(id!);
        return token;

        async Task<NewSession?> DecideAsync()
        {
            var stored = email is null ? null : await FindAsync(email, cancellationToken);
            var user = stored?.ReadAs<UserState>();
            id = stored?.Id;
            if (provenHash is null || provenHash != user?.PasswordHash)
            {
                (provenHash, newHash) = await ProveAsync(user?.PasswordHash, credentials.Password, cancellationToken);
            }

            return provenHash is not null && user is { Status: PrincipalStatus.Active }
                ? new NewSession
                {
                    Principal = new PrincipalRef(PrincipalKind.User, stored!.Id),
                    Generation = user.SessionGeneration,
                    Origin = origin,
                    Basis = [stored.ToVersion()],
                    AlsoWrite = newHash is null ? null : Write(stored, user with { PasswordHash = newHash }),
                }
                : null;
        }
    }

    /// <summary>The hash, if the password is its; and the one to take its place, if that was made otherwise than today's.</summary>
    private async Task<(string? Proven, string? New)> ProveAsync(
        string? hash, string password, CancellationToken cancellationToken)
    {
        var isTooLong = password.Length > PasswordRules.MaxLength;
        var result = await hashing.VerifyAsync(isTooLong ? null : hash, isTooLong ? "" : password, cancellationToken);
        return result switch
        {
            PasswordVerificationResult.Success => (hash, null),
            PasswordVerificationResult.SuccessRehashNeeded => (hash, await hashing.HashAsync(password, cancellationToken)),
            _ => (null, null),
        };
    }

    private static StateWrite Write(StoredState stored, UserState next) =>
        new(StateTypes.User, stored.Id, stored.Version, StateJson.Write(next), next.ToIndex());

    private async Task<StoredState?> FindAsync(string email, CancellationToken cancellationToken)
    {
        var found = await store.ListAsync(new StateQuery(StateTypes.User, Name: email, Limit: 1), cancellationToken);
        return found.Count == 0 || found[0].ReadAs<UserState>().Email != email ? null : found[0];
    }
}

/// <summary>What a person logs in with.</summary>
/// <param name="Email">The address, in any letter case.</param>
/// <param name="Password">The password.</param>
/// <param name="Code">Kept for the code of a second factor; refused as long as there are none.</param>
public sealed record PasswordCredentials(string Email, string Password, string? Code = null)
{
    /// <summary>Nothing of it, so that no log can show it.</summary>
    public override string ToString() => nameof(PasswordCredentials);
}
