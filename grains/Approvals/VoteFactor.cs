using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Errors;
using CodeSigning.Grains.Policies;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// Decides whether a voter's second factor is recent enough for a request. The demand is that of the policy as it was when
/// the request was created. Pure functions.
/// </summary>
public static class VoteFactor
{
    /// <summary>Refuses a vote whose second factor is missing or too old.</summary>
    /// <param name="policy">The request's policy.</param>
    /// <param name="voter">The voter.</param>
    /// <param name="now">The time (UTC).</param>
    /// <returns>The end of the vote's validity (UTC), for its commit; null if the policy demands no second factor.</returns>
    /// <exception cref="RefusedException"><c>SecondFactorRequired</c>.</exception>
    public static DateTimeOffset? Require(PolicyDefinition policy, Caller voter, DateTimeOffset now)
    {
        if (PolicyRules.SecondFactorWithin(policy) is not { } within)
        {
            return null;
        }

        var end = voter.SecondFactorAt + within;
        return end > now ? end : throw Missing(policy);
    }

    /// <summary>The refusal of a vote whose second factor is missing or too old.</summary>
    public static RefusedException Missing(PolicyDefinition policy) => new(
        ErrorCode.SecondFactorRequired,
        $"A vote on this request requires a second factor not older than {policy.SecondFactorWithin}: send a code to "
        + "POST /api/v1/auth/step-up and vote again; if you have no second factor, enrol one at POST /api/v1/me/factors/totp.")
    {
        Members = ImmutableDictionary<string, string>.Empty.Add(
            "secondFactorWithin", JsonSerializer.Serialize(policy.SecondFactorWithin)),
    };
}
