using CodeSigning.Errors;
using CodeSigning.Grains.Identities.Logins.Oidc;
using CodeSigning.Grains.Identities.Logins.Throttling;
using CodeSigning.Grains.Identities.Machines;
using CodeSigning.Grains.Identities.Sessions;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities.Logins;

/// <summary>
/// Logs machine identities in with an OpenID Connect token of their CI. The answer to what does not match is the same as
/// to any other failure; the log tells an administrator which claim it was.
/// </summary>
public sealed class OidcLogin(
    IStateStore store,
    ITokenVerifier verifier,
    LoginThrottle throttle,
    SessionRows sessions,
    IObservations observations,
    IOptions<SessionOptions> options,
    ILogger<OidcLogin> log)
{
    /// <summary>Begins a session, which ends at most <see cref="SessionOptions.OidcGrace"/> after the token does.</summary>
    /// <exception cref="RefusedException">
    /// <c>Unauthenticated</c>, for whatever reason; <c>RateLimited</c>; <c>Unavailable</c> where the issuer cannot be asked.
    /// </exception>
    public async Task<IssuedToken> LoginAsync(
        OidcCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        using var attempt = throttle.Begin(PrincipalKind.Identity, credentials.IdentityId, origin.Address);
        var token = await sessions.BeginAsync(() => DecideAsync(credentials, origin, cancellationToken), cancellationToken);
        if (token is null)
        {
            attempt.Fail();
            throw FailedLogin.Create();
        }

        attempt.Succeed();
        observations.NoteLogin(credentials.IdentityId);
        return token;
    }

    private async Task<NewSession?> DecideAsync(
        OidcCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        var stored = EntityId.Is(IdPrefixes.Identity, credentials.IdentityId)
            ? await store.ReadAsync(StateTypes.Identity, credentials.IdentityId, cancellationToken)
            : null;
        if (stored?.ReadAs<IdentityState>() is not { Status: PrincipalStatus.Active, Oidc: { } binding } identity)
        {
            log.LogInformation("Login from {Address} failed: no active identity with an OIDC binding", origin.Address);
            return null;
        }

        var token = await verifier.VerifyAsync(binding.Issuer, binding.Audience, credentials.Jwt, cancellationToken);
        if (token is null)
        {
            log.LogInformation("Login of {IdentityId} from {Address} failed: the token does not hold", stored.Id, origin.Address);
            return null;
        }

        if (binding.FindMismatch(token) is { } claim)
        {
            log.LogInformation(
                "Login of {IdentityId} from {Address} failed: {Claim} does not match", stored.Id, origin.Address, claim);
            return null;
        }

        if (await SeenTokens.UseAsync(store, token, stored.Id, origin.Address, cancellationToken) is not { } use)
        {
            log.LogWarning(
                "Login of {IdentityId} from {Address} failed: the token was first used elsewhere", stored.Id, origin.Address);
            return null;
        }

        return new NewSession
        {
            Principal = new PrincipalRef(PrincipalKind.Identity, stored.Id),
            Generation = identity.SessionGeneration,
            Origin = origin,
            Basis = [stored.ToVersion(), .. use.Basis],
            LatestEnd = token.ExpiresAt + options.Value.OidcGrace,
            BindingGeneration = identity.BindingGeneration,
            Subject = token.Subject,
            AlsoWrite = use.Write,
        };
    }
}
