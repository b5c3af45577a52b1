using System.Collections.Immutable;
using System.Globalization;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;

namespace CodeSigning.Gateway.Auth.SingleSignOn;

/// <summary>Reads from a verified ID token what counts here. Pure functions.</summary>
internal static class ProviderClaims
{
    /// <summary>For how long the framework takes a nonce.</summary>
    public static readonly TimeSpan NonceLife = TimeSpan.FromHours(1);

    /// <summary>What the provider says of the person.</summary>
    public static ProviderSignIn Read(VerifiedToken token, SingleSignOnSettings settings, DateTimeOffset now) => new()
    {
        Identity = new ExternalIdentity(settings.Issuer, token.Subject),
        Nonce = One(token, "nonce") ?? throw new SignInRefusedException(SignInFault.NonceInvalid, "The ID token has no nonce."),
        NonceExpiresAt = now + NonceLife,
        Names = [.. All(token, "name"), .. All(token, "preferred_username")],
        Email = One(token, "email_verified") == "true" ? One(token, "email") : null,
        Groups = All(token, settings.GroupsClaim),
        ProviderSession = One(token, "sid"),
        SecondFactorAt = FindSecondFactor(token, settings, now),
        LatestEnd = now + settings.MaxAge,
    };

    /// <summary>When the person last proved who they are at the provider (UTC); null where the token does not say.</summary>
    public static DateTimeOffset? ReadAuthenticationTime(VerifiedToken token) =>
        long.TryParse(One(token, "auth_time"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    // Without the time of it, a factor of this morning could pass for one of now.
    private static DateTimeOffset? FindSecondFactor(VerifiedToken token, SingleSignOnSettings settings, DateTimeOffset now) =>
        All(token, "amr").Concat(All(token, "acr")).Intersect(settings.SecondFactors, StringComparer.Ordinal).Any()
        && ReadAuthenticationTime(token) is { } provedAt
            ? (provedAt < now ? provedAt : now)
            : null;

    private static string? One(VerifiedToken token, string claim) => All(token, claim) is [{ Length: > 0 } value] ? value : null;

    private static ImmutableArray<string> All(VerifiedToken token, string claim) => token.Claims.GetValueOrDefault(claim, []);
}
