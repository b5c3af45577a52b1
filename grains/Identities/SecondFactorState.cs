using System.Collections.Immutable;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// A person's authenticator app. It is part of the person's own row, so that a row that somebody deletes from the database
/// leaves no account without its second factor.
/// </summary>
/// <param name="SealedSecret">The encrypted secret.</param>
/// <param name="EnrolledAt">When it was enrolled (UTC).</param>
public sealed record TotpFactor(byte[] SealedSecret, DateTimeOffset EnrolledAt);

/// <summary>
/// What of a person's second factor was used: a row of its own under the person's id, created with the factor and written
/// by each use, since a use must not make the decisions of the person's sessions stale. A missing row means that it was
/// deleted outside the service.
/// </summary>
internal sealed record SecondFactorState : IIndexedState
{
    /// <summary>The last time step whose code was used.</summary>
    public required long LastStep { get; init; }

    /// <summary>The hashes of the recovery codes that were not used yet.</summary>
    public required ImmutableArray<byte[]> RecoveryCodes { get; init; }

    /// <summary>The number of wrong codes since the last right one.</summary>
    public int Failures { get; init; }

    /// <summary>When the last wrong code was given (UTC).</summary>
    public DateTimeOffset? LastFailure { get; init; }

    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;
}

/// <summary>A begun enrolment, under the person's id.</summary>
/// <param name="SealedSecret">The encrypted secret.</param>
/// <param name="ExpiresAt">When it must be confirmed by (UTC).</param>
internal sealed record TotpEnrolmentState(byte[] SealedSecret, DateTimeOffset ExpiresAt) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Until: ExpiresAt);
}

/// <summary>Decides whether a code proves a second factor. Pure functions.</summary>
internal static class SecondFactorRules
{
    /// <summary>
    /// A code has a million values, of which three count at a time. Only who knows the password gets as far as this, so
    /// the block is the account's, whatever the address: five mistakes are free, then one attempt every half minute, and
    /// at last four an hour.
    /// </summary>
    private static readonly ThrottleRule Guesses = new(5, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(15), 1);

    private static readonly TimeSpan Memory = TimeSpan.FromDays(1);

    /// <summary>Decides about a code.</summary>
    /// <param name="state">What was used so far.</param>
    /// <param name="secret">The authenticator app's secret.</param>
    /// <param name="userId">The person.</param>
    /// <param name="code">What the person gave: a code of the app or a recovery code.</param>
    /// <param name="now">The time (UTC).</param>
    public static FactorDecision Decide(SecondFactorState state, byte[] secret, string userId, string code, DateTimeOffset now)
    {
        // Nobody guesses a recovery code: it gets its owner in whatever a thief of the password has spoiled.
        if (RecoveryCodes.Find(state.RecoveryCodes, userId, code) is { } used)
        {
            return new FactorDecision.Proved(
                AuthenticationMethod.RecoveryCode, WithoutFailures(state) with { RecoveryCodes = state.RecoveryCodes.Remove(used) });
        }

        if (BlockedFor(state, now) is { } wait)
        {
            return new FactorDecision.Blocked(wait);
        }

        return TotpRules.FindStep(secret, code, state.LastStep, now) is { } step
            ? new FactorDecision.Proved(AuthenticationMethod.Totp, WithoutFailures(state) with { LastStep = step })
            : new FactorDecision.Wrong(state with { Failures = CountedAt(state, now) + 1, LastFailure = now });
    }

    private static SecondFactorState WithoutFailures(SecondFactorState state) => state with { Failures = 0, LastFailure = null };

    private static TimeSpan? BlockedFor(SecondFactorState state, DateTimeOffset now)
    {
        var end = state.LastFailure + Guesses.DelayAfter(CountedAt(state, now));
        return end > now ? end - now : null;
    }

    private static int CountedAt(SecondFactorState state, DateTimeOffset now) => state.LastFailure + Memory > now ? state.Failures : 0;
}

/// <summary>What became of a code.</summary>
internal abstract record FactorDecision
{
    private FactorDecision()
    {
    }

    /// <summary>It proves the second factor.</summary>
    /// <param name="Method">Which one.</param>
    /// <param name="Next">What was used then.</param>
    public sealed record Proved(AuthenticationMethod Method, SecondFactorState Next) : FactorDecision;

    /// <summary>It is wrong.</summary>
    /// <param name="Next">The state that counts the failure.</param>
    public sealed record Wrong(SecondFactorState Next) : FactorDecision;

    /// <summary>Too many codes were wrong; this one was not looked at.</summary>
    /// <param name="Wait">How long.</param>
    public sealed record Blocked(TimeSpan Wait) : FactorDecision;
}
