using System.Globalization;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Ledger;
using CodeSigning.Ledger;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>The ledger, for product administrators; and a signer's entries, for readers of the signer.</summary>
internal static class LedgerEndpoints
{
    public static void MapLedgerEndpoints(this IEndpointRouteBuilder ledger)
    {
        ledger.MapGet("/entries", ListAsync).WithName("ListEntries").Produces<EntryPageBody>();
        ledger.MapGet("/entries/export", ExportAsync).WithName("ExportEntries").Produces<string>(contentType: "application/jsonl");
        ledger.MapGet("/daily-counts", GetDailyCountsAsync).WithName("GetDailyCounts").Produces<DailyCountsBody>();
        ledger.MapEvidenceEndpoints();
    }

    /// <summary>
    /// Counts the attempts to sign by day (UTC) and outcome: of a signer, or of all signers that the caller may read. They are
    /// counted seconds after the ledger holds them; the answer says up to when.
    /// </summary>
    internal static async Task<IResult> GetDailyCountsAsync(
        ApiCall call, SignerIds signers, string? signer, string? days, DailyActivity activity)
    {
        var signerId = signer is null ? null : await signers.FindAsync(signer, call.Aborted);
        return TypedResults.Ok(DailyCountsBody.Of(await activity.ReadAsync(call, signerId, DailyActivity.ParseDays(days))));
    }

    /// <summary>Lists entries, newest first. Without a signer, product administrators only.</summary>
    internal static async Task<IResult> ListAsync(
        ApiCall call,
        [AsParameters] PageQuery page,
        string? kind,
        string? outcome,
        string? signer,
        string? from,
        string? to,
        LedgerEntries entries) =>
        await entries.ListAsync(call, new LedgerFilter(kind, outcome, signer, from, to), page);

    /// <summary>
    /// Downloads the entries of the same list as JSON Lines or CSV, newest first. Without a signer, product administrators only,
    /// and the ledger records the export.
    /// </summary>
    internal static async Task<IResult> ExportAsync(
        ApiCall call, string? format, string? kind, string? outcome, string? signer, string? from, string? to, LedgerEntries entries) =>
        await entries.ExportAsync(call, new LedgerFilter(kind, outcome, signer, from, to), EntryFile.ParseFormat(format));
}

/// <summary>Parses query parameters that filter entries.</summary>
internal static class EntryFilter
{
    private const int OffsetLength = 6;

    /// <summary>An outcome; null if not given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static EntryOutcome? ParseOutcome(string? word, string parameter) => word switch
    {
        null => null,
        "success" => EntryOutcome.Success,
        "failed" => EntryOutcome.Failed,
        "denied" => EntryOutcome.Denied,
        _ => throw Refuse(parameter, "one of success, failed, denied"),
    };

    /// <summary>A kind; null if not given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static EntryKind? ParseKind(string? word) => word switch
    {
        null => null,
        "sign" => EntryKind.Sign,
        "admin" => EntryKind.Admin,
        _ => throw Refuse("kind", "sign or admin"),
    };

    /// <summary>A time; null if not given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static DateTimeOffset? ParseTime(string? text, string parameter)
    {
        if (text is null)
        {
            return null;
        }

        // The format specifier K accepts a missing offset, which RFC 3339 requires: then the text ends in a digit.
        var hasOffset = text.EndsWith('Z') || (text.Length > OffsetLength && text[^OffsetLength] is '+' or '-');
        return hasOffset && DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time
            : throw Refuse(parameter, "a time such as 2026-01-31T12:00:00Z");
    }

    private static RefusedException Refuse(string parameter, string what) =>
        new(ErrorCode.InvalidRequest, $"The parameter '{parameter}' is invalid: expected {what}.");
}

/// <summary>
/// Reads pages of the ledger. A caller's searches run one at a time, since a combination of filters with few results
/// may scan millions of entries.
/// </summary>
internal sealed class LedgerSearches(ILedgerReader ledger)
{
    private readonly CallerTurns _turns = new();

    /// <summary>Reads one page and determines whether there is another.</summary>
    public Task<EntryPage> ListAsync(string callerId, LedgerQuery query, CancellationToken cancellationToken) =>
        _turns.TakeAsync(callerId, () => ListAsync(query, cancellationToken), cancellationToken);

    private async Task<EntryPage> ListAsync(LedgerQuery query, CancellationToken cancellationToken)
    {
        var entries = await ledger.ListAsync(query with { Limit = query.Limit + 1 }, cancellationToken);
        return entries.Count <= query.Limit
            ? new EntryPage(entries, null)
            : new EntryPage([.. entries.Take(query.Limit)], entries[query.Limit - 1].OperationId);
    }
}
