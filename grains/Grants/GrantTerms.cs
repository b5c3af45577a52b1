using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Policies;
using CodeSigning.Grants;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Grants;

/// <summary>Validated terms of a grant, within the limits of a policy. At least one of number and end is given.</summary>
/// <param name="MaxSignings">The number of signatures; null for unlimited.</param>
/// <param name="WindowStart">The start of the window (UTC); null for the time of approval.</param>
/// <param name="WindowEnd">The end of the window (UTC).</param>
/// <param name="WindowDuration">The length of the window from the approval, instead of an end.</param>
/// <param name="Scope">The normalized scope.</param>
public sealed record GrantTerms(
    long? MaxSignings,
    DateTimeOffset? WindowStart,
    DateTimeOffset? WindowEnd,
    TimeSpan? WindowDuration,
    GrantScope? Scope)
{
    private const int MaxJustification = 2048;
    private static readonly TimeSpan Furthest = TimeSpan.FromDays(3650);

    /// <summary>Validates the terms of a request. Pure function.</summary>
    /// <exception cref="RefusedException"><c>PolicyLimitExceeded</c>, naming the limit, or <c>InvalidRequest</c>.</exception>
    public static GrantTerms Of(CreateRequest asked, PolicyConstraints limits, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(asked.Justification) || asked.Justification.Length > MaxJustification)
        {
            throw Invalid($"The field 'justification' is invalid: expected 1 to {MaxJustification} characters.");
        }

        return WindowOf(asked, PolicyRules.MaxWindow(limits), now) with
        {
            MaxSignings = NumberOf(asked.RequestedSignings, limits.MaxSignings),
            Scope = ScopeRules.Normalise(asked.Scope),
        };
    }

    /// <summary>The window of a grant created at this time.</summary>
    public (DateTimeOffset Start, DateTimeOffset? End) WindowFrom(DateTimeOffset given) =>
        (WindowStart ?? given, WindowEnd ?? (given + WindowDuration));

    private static long? NumberOf(long? asked, long? most)
    {
        if (asked is < 1 or > PolicyRules.MostSignings)
        {
            throw Invalid($"The field 'requestedSignings' is invalid: expected 1 to {PolicyRules.MostSignings}.");
        }

        return asked > most
            ? throw new RefusedException(
                ErrorCode.PolicyLimitExceeded, $"The field 'requestedSignings' is {asked}, but the policy allows at most {most}.")
            : asked ?? most;
    }

    private static GrantTerms WindowOf(CreateRequest asked, TimeSpan? longest, DateTimeOffset now)
    {
        var duration = DurationOf(asked);
        if (duration is not null && asked.WindowEnd is not null)
        {
            throw Invalid("The fields 'windowEnd' and 'requestedWindowDuration' cannot be combined: give one of them.");
        }

        if (asked.WindowStart - now > Furthest || asked.WindowEnd - now > Furthest)
        {
            throw Invalid(
                $"The field '{(asked.WindowStart - now > Furthest ? "windowStart" : "windowEnd")}' is invalid: expected a time within the next {Furthest.Days} days.");
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
        : throw Invalid("The field 'requestedWindowDuration' is invalid: expected a duration such as 30m, 4h or 1d, at most 3650 days.");

    private static DateTimeOffset? ValidateWindow(
        DateTimeOffset start, DateTimeOffset? end, TimeSpan? longest, DateTimeOffset now)
    {
        if (end <= start || end <= now)
        {
            throw Invalid("The field 'windowEnd' is invalid: expected a time after the window's start and in the future.");
        }

        ValidateLength(end - start, longest);
        return end;
    }

    private static TimeSpan? ValidateLength(TimeSpan? length, TimeSpan? longest) => length > longest
        ? throw new RefusedException(
            ErrorCode.PolicyLimitExceeded,
            $"The requested window is {Duration.ToText(length.Value)} long, but the policy allows at most {Duration.ToText(longest.Value)}.")
        : length;

    private static RefusedException Invalid(string detail) => new(ErrorCode.InvalidRequest, detail);
}
