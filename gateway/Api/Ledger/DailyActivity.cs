using System.Globalization;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Signers;
using CodeSigning.Identities;
using CodeSigning.Signers;
using CodeSigning.Silo.Statistics;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>Reads how many attempts there were by day, of signers that the caller may read.</summary>
internal sealed class DailyActivity(SignerDirectory directory, DailyCounts counts)
{
    /// <summary>How many days are shown where nobody says.</summary>
    public const int UsualDays = 14;

    private const int MostDays = 92;

    /// <summary>How many days; the usual ones if not given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static int ParseDays(string? text) => text is null ? UsualDays
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days is > 0 and <= MostDays ? days
        : throw new RefusedException(ErrorCode.InvalidRequest, $"The parameter 'days' is invalid: expected a number from 1 to {MostDays}.");

    /// <summary>The counts of the last days.</summary>
    /// <param name="call">The request.</param>
    /// <param name="signerId">The signer; null for all that the caller may read.</param>
    /// <param name="days">How many days, 1 to 92.</param>
    /// <exception cref="RefusedException">The caller may not read the signer.</exception>
    public async Task<CountedDays> ReadAsync(ApiCall call, string? signerId, int days)
    {
        var readable = await call.AskAsync(caller => FindReadableAsync(caller, signerId, call.Aborted));
        return await counts.ReadAsync(readable, days, call.Aborted);
    }

    private async Task<IReadOnlySet<string>?> FindReadableAsync(Caller caller, string? signerId, CancellationToken cancellationToken)
    {
        if (signerId is null)
        {
            return await directory.FindReadableAsync(caller, cancellationToken);
        }

        await directory.AuthorizeAsync(caller, signerId, SignerAction.Read, cancellationToken);
        return new HashSet<string>(StringComparer.Ordinal) { signerId };
    }
}

/// <summary>The attempts to sign by day.</summary>
/// <param name="Days">The days, the oldest first; today is the last.</param>
/// <param name="CountedFrom">The first day (UTC) that is counted; days before it have no counts.</param>
/// <param name="CountedTo">Up to when everything is counted (UTC); absent while the first count is not finished.</param>
internal sealed record DailyCountsBody(IReadOnlyList<DailyCountBody> Days, DateOnly CountedFrom, DateTimeOffset? CountedTo = null)
{
    /// <summary>The body of counts.</summary>
    public static DailyCountsBody Of(CountedDays counted) => new(
        [.. counted.Days.Select(day => new DailyCountBody(day.Day, day.Success, day.Denied, day.Failed))], counted.CountedFrom, counted.CountedTo);
}

/// <summary>The attempts to sign of a day.</summary>
/// <param name="Day">The day (UTC).</param>
/// <param name="Success">How many signed.</param>
/// <param name="Denied">How many were denied.</param>
/// <param name="Failed">How many failed.</param>
internal sealed record DailyCountBody(DateOnly Day, long Success, long Denied, long Failed);
