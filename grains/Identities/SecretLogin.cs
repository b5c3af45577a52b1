using System.Security.Cryptography;
using CodeSigning.Contract;
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
        string? fault = null;
        var token = await sessions.BeginAsync(DecideAsync, cancellationToken);
        if (token is null)
        {
            log.LogInformation(
                "Login of a machine identity from {Address} failed: {Fault}", origin.Address, fault ?? "the client secret's uses are spent");
            attempt.Fail();
            throw FailedLogin.Create();
        }

        attempt.Succeed();
        observations.NoteLogin(credentials.ClientId);
        observations.NoteLogin(ClientSecret.ReadId(credentials.ClientSecret)!);
        return token;

        async Task<NewSession?> DecideAsync()
        {
            (var session, fault) = await this.DecideAsync(credentials, origin, cancellationToken);
            return session;
        }
    }

    /// <summary>The session, or for the log what is wrong, which never holds the secret.</summary>
    private async Task<(NewSession? Session, string? Fault)> DecideAsync(
        ClientCredentials credentials, LoginOrigin origin, CancellationToken cancellationToken)
    {
        var secretId = ClientSecret.ReadId(credentials.ClientSecret);
        if (secretId is null || !EntityId.Is(IdPrefixes.Identity, credentials.ClientId))
        {
            return (null, secretId is null ? "the client secret is malformed" : "the client id is malformed");
        }

        var storedSecret = await store.ReadAsync(StateTypes.ClientSecret, secretId, cancellationToken);
        var storedIdentity = await store.ReadAsync(StateTypes.Identity, credentials.ClientId, cancellationToken);
        var secret = storedSecret?.ReadAs<ClientSecretState>();
        var isProven = CryptographicOperations.FixedTimeEquals(
            ClientSecret.Hash(credentials.ClientSecret), secret?.Hash ?? NoHash);
        var identity = storedIdentity?.ReadAs<IdentityState>();
        var fault = secret is null ? $"there is no client secret {secretId}"
            : !isProven ? $"the client secret {secretId} does not match"
            : secret.IdentityId != credentials.ClientId ? $"the client secret {secretId} is of another identity"
            : secret.IsExpired(time.GetUtcNow()) ? $"the client secret {secretId} has expired"
            : identity?.KnownSecrets.Any(issued => issued.Id == secretId) != true ? $"the client secret {secretId} was revoked"
            : identity.Status != PrincipalStatus.Active ? $"the identity {credentials.ClientId} is disabled"
            : null;
        return fault is null ? (ToSession(credentials, origin, storedIdentity!, storedSecret!), null) : (null, fault);
    }

    private static NewSession ToSession(
        ClientCredentials credentials, LoginOrigin origin, StoredState storedIdentity, StoredState storedSecret)
    {
        var (identity, secret) = (storedIdentity.ReadAs<IdentityState>(), storedSecret.ReadAs<ClientSecretState>());
        return new NewSession
        {
            Principal = new PrincipalRef(PrincipalKind.Identity, credentials.ClientId),
            Generation = identity.SessionGeneration,
            Origin = origin,
            ReadSet = [storedIdentity.ToVersion(), storedSecret.ToVersion()],
            LatestEnd = secret.ExpiresAt,
            SecretId = storedSecret.Id,
            Methods = [AuthenticationMethod.ClientSecret],
            Use = secret.MaxUses is { } limit ? new CounterUse(storedSecret.Id, limit) : null,
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

    /// <summary>The credentials as they were, before files and shells added marks and line ends.</summary>
    public ClientCredentials Trimmed() => new(PastedText.Trim(ClientId), PastedText.Trim(ClientSecret));
}
