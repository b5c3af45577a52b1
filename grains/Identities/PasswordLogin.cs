using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Logs people in. The work is the same whether or not the account exists, is active, or has a password. It is not a
/// grain, so passwords never cross a grain call. A hash with outdated parameters is replaced after a successful
/// verification, the only time when the password is known.
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
    /// <c>Unauthenticated</c> for every failed login; <c>RateLimited</c>; <c>InvalidRequest</c> if a second-factor code
    /// is given.
    /// </exception>
    public async Task<IssuedToken> LoginAsync(
        PasswordCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        if (credentials.Code is not null)
        {
            // Ignoring the code would suggest a second factor that does not exist.
            throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'code' is not supported: accounts have no second factor.");
        }

        var email = EmailAddress.Normalize(credentials.Email);
        using var attempt = throttle.Begin(PrincipalKind.User, email ?? credentials.Email, origin.Address);
        string? id = null;
        string? provenHash = null;
        string? newHash = null;
        var fault = "there is no such user";
        var token = await sessions.BeginAsync(DecideAsync, cancellationToken);
        if (token is null)
        {
            // Unknown addresses are not logged: one may be a password typed into the wrong field.
            log.LogInformation("Login of {UserId} from {Address} failed: {Fault}", id ?? "an unknown account", origin.Address, fault);
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

            fault = user switch
            {
                null => "there is no such user",
                { PasswordHash: null } => "the user has no password yet",
                _ when provenHash is null => "the password does not match",
                _ => "the user is disabled",
            };
            return provenHash is not null && user is { Status: PrincipalStatus.Active }
                ? new NewSession
                {
                    Principal = new PrincipalRef(PrincipalKind.User, stored!.Id),
                    Generation = user.SessionGeneration,
                    Origin = origin,
                    ReadSet = [stored.ToVersion()],
                    AlsoWrite = newHash is null ? null : Write(stored, user with { PasswordHash = newHash }),
                }
                : null;
        }
    }

    /// <summary>The hash, if the password matches it, and its replacement, if its parameters are outdated.</summary>
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

/// <summary>The credentials of a password login.</summary>
/// <param name="Email">The email address, case-insensitive.</param>
/// <param name="Password">The password.</param>
/// <param name="Code">Reserved for a second-factor code; refused for now.</param>
public sealed record PasswordCredentials(string Email, string Password, string? Code = null)
{
    /// <summary>The type's name alone, so that no log can show the secrets.</summary>
    public override string ToString() => nameof(PasswordCredentials);
}
