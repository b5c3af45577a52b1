using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Logs machine identities in with a client secret. The commit counts uses, so concurrent logins cannot exceed the
/// limit.
/// </summary>
public sealed class SecretLogin(
    IStateStore store,
    LoginThrottle throttle,
    SessionRows sessions,
    IObservations observations,
    TimeProvider time,
    ILogger<SecretLogin> log)
{
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    /// <summary>Begins a session.</summary>
    /// <exception cref="RefusedException"><c>Unauthenticated</c> for every failed login; <c>RateLimited</c>.</exception>
    public async Task<IssuedToken> LoginAsync(
        ClientCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        using var attempt = throttle.Begin(PrincipalKind.Identity, credentials.ClientId, origin.Address);
        var token = await sessions.BeginAsync(() => DecideAsync(credentials, origin, cancellationToken), cancellationToken);
        if (token is null)
        {
            log.LogInformation("Login of a machine identity from {Address} failed", origin.Address);
            attempt.Fail();
            throw FailedLogin.Create();
        }

        attempt.Succeed();
        observations.NoteLogin(credentials.ClientId);
        observations.NoteLogin(ClientSecret.ReadId(credentials.ClientSecret)!);
        return token;
    }

    private async Task<NewSession?> DecideAsync(
        ClientCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        var secretId = ClientSecret.ReadId(credentials.ClientSecret);
        if (secretId is null || !EntityId.Is(IdPrefixes.Identity, credentials.ClientId))
        {
            return null;
        }

        var storedSecret = await store.ReadAsync(StateTypes.ClientSecret, secretId, cancellationToken);
        var storedIdentity = await store.ReadAsync(StateTypes.Identity, credentials.ClientId, cancellationToken);
        var secret = storedSecret?.ReadAs<ClientSecretState>();
        var isProven = CryptographicOperations.FixedTimeEquals(
            ClientSecret.Hash(credentials.ClientSecret), secret?.Hash ?? NoHash);
        if (!isProven || secret!.IdentityId != credentials.ClientId || secret.IsExpired(time.GetUtcNow())
            || storedIdentity?.ReadAs<IdentityState>() is not { Status: PrincipalStatus.Active } identity
            || !identity.KnownSecrets.Any(issued => issued.Id == secretId))
        {
            return null;
        }

        return new NewSession
        {
            Principal = new PrincipalRef(PrincipalKind.Identity, credentials.ClientId),
            Generation = identity.SessionGeneration,
            Origin = origin,
            ReadSet = [storedIdentity.ToVersion(), storedSecret!.ToVersion()],
            LatestEnd = secret.ExpiresAt,
            SecretId = secretId,
            Use = secret.MaxUses is { } limit ? new CounterUse(secretId, limit) : null,
        };
    }
}

/// <summary>The credentials of a client secret login.</summary>
/// <param name="ClientId">The machine identity's id.</param>
/// <param name="ClientSecret">One of its client secrets.</param>
public sealed record ClientCredentials(string ClientId, string ClientSecret)
{
    /// <summary>The type's name alone, so that no log can show the secrets.</summary>
    public override string ToString() => nameof(ClientCredentials);
}
