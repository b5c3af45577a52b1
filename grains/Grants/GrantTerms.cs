using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Policies;
using CodeSigning.Grants;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Grants;

/// <summary>What is asked for, within the limits of a policy. At least one of number and end is given.</summary>
/// <param name="MaxSignings">How many signatures; null for as many as fit the window.</param>
/// <param name="WindowStart">From when (UTC); null for from the approval.</param>
/// <param name="WindowEnd">Until when (UTC).</param>
/// <param name="WindowDuration">How long from the approval, in place of an end.</param>
/// <param name="Scope">What it covers, in the form that is compared.</param>
public sealed record GrantTerms(
    long? MaxSignings,
    DateTimeOffset? WindowStart,
    DateTimeOffset? WindowEnd,
    TimeSpan? WindowDuration,
    GrantScope? Scope)
{
    private const int MaxJustification = 2048;
    private static readonly TimeSpan Furthest = TimeSpan.FromDays(3650);

    /// <summary>The terms of a request. Pure.</summary>
    /// <exception cref="RefusedException"><c>PolicyLimitExceeded</c>, naming the limit, or <c>InvalidRequest</c>.</exception>
    public static GrantTerms Of(CreateRequest asked, PolicyConstraints limits, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(asked.Justification) || asked.Justification.Length > MaxJustification)
        {
            throw Invalid($"Give a justification of 1 to {MaxJustification} characters.");
        }

        return WindowOf(asked, PolicyRules.MaxWindow(limits), now) with
        {
            MaxSignings = NumberOf(asked.RequestedSignings, limits.MaxSignings),
            Scope = ScopeRules.Normalise(asked.Scope),
        };
    }

    /// <summary>When the grant's window is, once it is given.</summary>
    public (DateTimeOffset Start, DateTimeOffset? End) WindowFrom(DateTimeOffset given) =>
        (WindowStart ?? given, WindowEnd ?? (given + WindowDuration));

    private static long? NumberOf(long? asked, long? most)
    {
        if (asked is < 1 or > PolicyRules.MostSignings)
        {
            throw Invalid($"requestedSignings is 1 to {PolicyRules.MostSignings}.");
        }

        return asked > most
            ? throw new RefusedException(
                ErrorCode.PolicyLimitExceeded, $"The policy allows at most {most} signatures; {asked} were asked for.")
            : asked ?? most;
    }

    private static GrantTerms WindowOf(CreateRequest asked, TimeSpan? longest, DateTimeOffset now)
    {
        var duration = DurationOf(asked);
        if (duration is not null && asked.WindowEnd is not null)
        {
            throw Invalid("Give either windowEnd or requestedWindowDuration, not both.");
        }

        if (asked.WindowStart - now > Furthest || asked.WindowEnd - now > Furthest)
        {
            throw Invalid($"A window lies within the next {Furthest.Days} days.");
        }

        if (asked.WindowStart is { } start)
        {
            var end = asked.WindowEnd ?? (start + (duration ?? longest));
            return new GrantTerms(null, start, ValidateWindow(start, end, longest, now), null, null);
        }

        return asked.WindowEnd is not null
            ? new GrantTerms(null, null, ValidateWindow(now, asked.WindowEnd, longest, now), null, null)
            : new GrantTerms(null, null, null, ValidateLength(duration ?? longest, longest), null);
    }

    private static TimeSpan? DurationOf(CreateRequest asked) =>
        asked.RequestedWindowDuration is null ? null
        : Duration.TryParse(asked.RequestedWindowDuration, out var duration) ? duration
        : throw Invalid("requestedWindowDuration is a duration such as 30m, 4h or 1d, of at most 3650 days.");

    private static DateTimeOffset? ValidateWindow(
        DateTimeOffset start, DateTimeOffset? end, TimeSpan? longest, DateTimeOffset now)
    {
        if (end <= start || end <= now)
        {
            throw Invalid("The window must end after it begins, and in the future.");
        }

        ValidateLength(end - start, longest);
        return end;
    }

    private static TimeSpan? ValidateLength(TimeSpan? length, TimeSpan? longest) => length > longest
        ? throw new RefusedException(
            ErrorCode.PolicyLimitExceeded,
            $"The policy allows a window of at most {Duration.ToText(longest.Value)}; a longer one was asked for.")
        : length;

    private static RefusedException Invalid(string detail) => new(ErrorCode.InvalidRequest, detail);
}
