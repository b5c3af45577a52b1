using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Logs machine identities in with OpenID Connect tokens of their CI system. Every failure gets the same response; the
/// log names the claim that did not match.
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
    /// <summary>Begins a session, which ends at most <see cref="SessionOptions.OidcGrace"/> after the token.</summary>
    /// <exception cref="RefusedException">
    /// <c>Unauthenticated</c> for every failed login; <c>RateLimited</c>; <c>Unavailable</c> if the issuer's keys
    /// cannot be read.
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

        var verdict = await verifier.VerifyAsync(binding.Issuer, binding.Audience, credentials.Jwt, cancellationToken);
        if (verdict.Token is not { } token)
        {
            log.LogInformation(
                "Login of {IdentityId} from {Address} failed: the token is invalid: {Fault}", stored.Id, origin.Address, verdict.Fault);
            return null;
        }

        if (binding.FindMismatch(token) is { } claim)
        {
            log.LogInformation(
                "Login of {IdentityId} from {Address} failed: the claim {Claim} does not match the identity's OIDC binding",
                stored.Id,
                origin.Address,
                claim);
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
            ReadSet = [stored.ToVersion(), .. use.ReadSet],
            LatestEnd = token.ExpiresAt + options.Value.OidcGrace,
            BindingGeneration = identity.BindingGeneration,
            Subject = token.Subject,
            Methods = [AuthenticationMethod.Oidc],
            AlsoWrite = use.Write is { } write ? [write] : [],
        };
    }
}

/// <summary>The credentials of an OpenID Connect login.</summary>
/// <param name="IdentityId">The machine identity's id.</param>
/// <param name="Jwt">The OpenID Connect token.</param>
public sealed record OidcCredentials(string IdentityId, string Jwt)
{
    /// <summary>The type's name alone, so that no log can show the secrets.</summary>
    public override string ToString() => nameof(OidcCredentials);

    /// <summary>The credentials as they were, before files and shells added marks and line ends.</summary>
    public OidcCredentials Trimmed() => new(PastedText.Trim(IdentityId), PastedText.Trim(Jwt));
}

/// <summary>Verifies tokens of OpenID Connect issuers (OpenID Connect Core 1.0, section 3.1.3.7).</summary>
public interface ITokenVerifier
{
    /// <summary>
    /// Verifies a token's signature with the issuer's published keys, its exact issuer, its exact and only audience,
    /// and its validity period.
    /// </summary>
    /// <param name="issuer">The issuer that an administrator bound.</param>
    /// <param name="audience">The audience that an administrator bound.</param>
    /// <param name="token">The token in compact form (RFC 7515, section 3.1).</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The token, or what is wrong with it.</returns>
    /// <exception cref="Errors.RefusedException"><c>Unavailable</c> if the issuer's keys cannot be read.</exception>
    Task<TokenVerdict> VerifyAsync(string issuer, string audience, string token, CancellationToken cancellationToken);
}

/// <summary>The result of a token's verification.</summary>
/// <param name="Token">The verified token; null if it is invalid.</param>
/// <param name="Fault">
/// The claim or check that failed, for the log: never a value of the token, which may be a secret. Null for a verified token.
/// </param>
public sealed record TokenVerdict(VerifiedToken? Token, string? Fault)
{
    /// <summary>The verdict on an invalid token.</summary>
    public static TokenVerdict Invalid(string fault) => new(null, fault);
}

/// <summary>A token whose issuer, audience, signature and times were verified.</summary>
/// <param name="Subject">Its <c>sub</c> claim.</param>
/// <param name="ExpiresAt">Its <c>exp</c> claim (UTC).</param>
/// <param name="Fingerprint">
/// SHA-256 over its signed part, 32 bytes. Unlike <c>jti</c>, every token has one, and another encoding of the
/// signature does not change it.
/// </param>
/// <param name="Claims">
/// Its other claims: strings, numbers and booleans as text, each element of an array separately.
/// </param>
public sealed record VerifiedToken(
    string Subject,
    DateTimeOffset ExpiresAt,
    ReadOnlyMemory<byte> Fingerprint,
    ImmutableDictionary<string, ImmutableArray<string>> Claims);

/// <summary>
/// Prevents the replay of a leaked OpenID Connect token. A build fetches one token and starts several signing tools
/// that each log in with it, so reuse must work: by the same identity, from the network of the first use. From anywhere
/// else it is a replay. The row is written in the commit of the first login, so of two concurrent first uses one is
/// refused; it is removed once the token has expired.
/// </summary>
internal static class SeenTokens
{
    private const int IdBytes = 16;

    /// <summary>The read set and the write of a login with this token; null for a replay.</summary>
    public static async Task<(ImmutableArray<StateVersion> ReadSet, StateWrite? Write)?> UseAsync(
        IStateStore store, VerifiedToken token, string identityId, string? address, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(token.Fingerprint.Span[..IdBytes]);
        var network = ClientNetwork.Of(address);
        if (await store.ReadAsync(StateTypes.SeenToken, id, cancellationToken) is { } stored)
        {
            var seen = stored.ReadAs<SeenTokenState>();
            return seen.IdentityId == identityId && seen.Network == network ? ([stored.ToVersion()], null) : null;
        }

        var first = new SeenTokenState { IdentityId = identityId, Network = network, ExpiresAt = token.ExpiresAt };
        return ([], new StateWrite(StateTypes.SeenToken, id, 0, StateJson.Write(first), first.ToIndex()));
    }
}

/// <summary>A token used at a login: by which identity, and from which network first.</summary>
internal sealed record SeenTokenState : IIndexedState
{
    public required string IdentityId { get; init; }

    public required string Network { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public StateIndex ToIndex() => new(Until: ExpiresAt);
}
