using CodeSigning.Errors;
using CodeSigning.Grains.Identities.Logins.Throttling;
using CodeSigning.Grains.Identities.Passwords;
using CodeSigning.Grains.Identities.Sessions;
using CodeSigning.Grains.Identities.Users;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Grains.Identities.Logins;

/// <summary>
/// Logs people in. The work is the same whether or not the account exists, may act, or has a password. It is no grain: a
/// password then never crosses a grain call.
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
    /// <exception cref="RefusedException"><c>Unauthenticated</c>, for whatever reason; <c>RateLimited</c>.</exception>
    public async Task<IssuedToken> LoginAsync(
        PasswordCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        var email = EmailAddress.Normalize(credentials.Email);
        using var attempt = throttle.Begin(PrincipalKind.User, email ?? credentials.Email, origin.Address);
        string? id = null;
        string? provenHash = null;
        var token = await sessions.BeginAsync(DecideAsync, cancellationToken);
        if (token is null)
        {
            attempt.Fail();
            // An unknown address is not logged: it may be a password that was typed into the wrong field.
            log.LogInformation("Login of {UserId} from {Address} failed", id ?? "an unknown account", origin.Address);
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
                provenHash = await ProveAsync(user?.PasswordHash, credentials.Password, cancellationToken);
            }

            return provenHash is not null && user is { Status: PrincipalStatus.Active }
                ? new NewSession
                {
                    Principal = new PrincipalRef(PrincipalKind.User, stored!.Id),
                    Generation = user.SessionGeneration,
                    Origin = origin,
                    Basis = [stored.ToVersion()],
                }
                : null;
        }
    }

    private async Task<string?> ProveAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        var isTooLong = password.Length > PasswordRules.MaxLength;
        var isProven = await hashing.VerifyAsync(isTooLong ? null : hash, isTooLong ? "" : password, cancellationToken);
        return isProven ? hash : null;
    }

    private async Task<StoredState?> FindAsync(string email, CancellationToken cancellationToken)
    {
        var found = await store.ListAsync(new StateQuery(StateTypes.User, Name: email, Limit: 1), cancellationToken);
        return found.Count == 0 || found[0].ReadAs<UserState>().Email != email ? null : found[0];
    }
}
