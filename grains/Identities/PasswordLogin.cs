using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

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
    SecondFactors factors,
    SessionRows sessions,
    IObservations observations,
    IOptions<SignInOptions> options,
    TimeProvider time,
    ILogger<PasswordLogin> log)
{
    /// <summary>Begins a session.</summary>
    /// <exception cref="RefusedException">
    /// <c>Unauthenticated</c> for every failed login; <c>SecondFactorRequired</c> if the password is right and a code must
    /// be sent with it; <c>RateLimited</c>; <c>InvalidRequest</c> if a code is given and no second factor is enrolled.
    /// </exception>
    public async Task<IssuedToken> LoginAsync(
        PasswordCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        var email = EmailAddress.Normalize(credentials.Email);
        using var attempt = throttle.Begin(PrincipalKind.User, email ?? credentials.Email, origin.Address);
        string? id = null;
        string? provenHash = null;
        string? newHash = null;
        var fault = "there is no such user";
        var isCodeMissing = false;
        UserState? missing = null;
        var token = await sessions.BeginAsync(DecideAsync, cancellationToken);
        if (token is null && isCodeMissing)
        {
            throw CodeRequired(missing!);
        }

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
            var stored = email is null ? null : await store.FindByNameAsync<UserState>(StateTypes.User, email, cancellationToken);
            var user = stored?.State;
            id = stored?.Id;
            isCodeMissing = false;
            if (provenHash is null || provenHash != user?.PasswordHash)
            {
                (provenHash, newHash) = await ProveAsync(user?.PasswordHash, credentials.Password, cancellationToken);
            }

            fault = user switch
            {
                null => "there is no such user",
                { PasswordHash: null } => "the user has no password yet",
                _ when provenHash is null => "the password does not match",
                _ when !options.Value.AllowsLocalSignIn(user.Email) => "local accounts are switched off",
                _ => "the user is disabled",
            };
            if (provenHash is null || user is not { Status: PrincipalStatus.Active } || !options.Value.AllowsLocalSignIn(user.Email))
            {
                return null;
            }

            isCodeMissing = user.HasSecondFactor && credentials.Code is null;
            missing = user;
            var session = new NewSession
            {
                Principal = new PrincipalRef(PrincipalKind.User, stored!.Id),
                Generation = user.SessionGeneration,
                Origin = origin,
                ReadSet = [stored.ToVersion()],
                Methods = [AuthenticationMethod.Password],
                With = BreakGlass.EntriesOf(stored, options.Value, origin, time),
                AlsoWrite = newHash is null ? [] : [stored.Replace(user with { PasswordHash = newHash })],
            };
            return isCodeMissing ? null : await WithSecondFactorAsync(session, user, credentials.Code, cancellationToken);
        }
    }

    /// <summary>The session with the second factor; null if the code is wrong.</summary>
    private async Task<NewSession?> WithSecondFactorAsync(
        NewSession session, UserState user, string? code, CancellationToken cancellationToken)
    {
        if (user.Totp is not { } factor)
        {
            // Ignoring the code would suggest a second factor that does not exist.
            return code is null
                ? session
                : throw new RefusedException(
                    ErrorCode.InvalidRequest, "The field 'code' is not expected: the account has no second factor.");
        }

        var person = Caller.Standing(session.Principal, user.Name) with { Address = session.Origin.Address };
        return await factors.ProveAsync(person, factor, code!, cancellationToken) is { } proved
            ? session with
            {
                Methods = session.Methods.Add(proved.Method),
                SecondFactorAt = time.GetUtcNow(),
                AlsoWrite = session.AlsoWrite.Add(proved.Write),
                Entry = proved.Entry,
            }
            : null;
    }

    private static RefusedException CodeRequired(UserState user) => user.Totp is null
        ? new(ErrorCode.SecondFactorRequired, "The password is right, and not enough: sign in with your passkey.")
        {
            Members = ImmutableDictionary<string, string>.Empty.Add("factors", """["passkey"]"""),
        }
        : new(ErrorCode.SecondFactorRequired, "The password is right: send the authenticator app's code, or a recovery code, as 'code' with it.")
        {
            Members = ImmutableDictionary<string, string>.Empty.Add("factors", """["totp","recoveryCode"]"""),
        };

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
}

/// <summary>The credentials of a password login.</summary>
/// <param name="Email">The email address, case-insensitive.</param>
/// <param name="Password">The password.</param>
/// <param name="Code">
/// The authenticator app's code, or a recovery code, of a person who has a second factor; without it the answer is
/// <c>SecondFactorRequired</c>.
/// </param>
public sealed record PasswordCredentials(string Email, string Password, string? Code = null)
{
    /// <summary>The type's name alone, so that no log can show the secrets.</summary>
    public override string ToString() => nameof(PasswordCredentials);
}
