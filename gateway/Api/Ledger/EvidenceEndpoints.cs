using System.Security.Cryptography;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Ledger.Verification;
using Microsoft.AspNetCore.Http.Features;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>The evidence of the ledger: export, checkpoints, public key and verification.</summary>
internal static class EvidenceEndpoints
{
    private const string JsonLines = "application/jsonl";

    public static void MapEvidenceEndpoints(this IEndpointRouteBuilder ledger)
    {
        ledger.MapGet("/export", ExportAsync).WithName("ExportLedger").Produces<string>(contentType: JsonLines);
        ledger.MapGet("/checkpoints", ListCheckpointsAsync).WithName("ListCheckpoints").Produces<CheckpointPageBody>();
        ledger.MapGet("/public-key", GetPublicKeyAsync).WithName("GetLedgerPublicKey").Produces<string>(contentType: "application/x-pem-file");
        ledger.MapPost("/verify", VerifyAsync).WithName("VerifyLedger").Produces<VerificationBody>();
    }

    /// <summary>
    /// Exports the ledger as JSON Lines that <c>silo verify-ledger</c> verifies offline. The ledger records the export.
    /// </summary>
    internal static async Task ExportAsync(
        ApiCall call, HttpContext http, string? from, string? to, LedgerAuthority authority, ILedgerExport export)
    {
        var begin = EntryFilter.ParseTime(from, nameof(from));
        var end = EntryFilter.ParseTime(to, nameof(to));
        await call.AskAsync(caller => authority.RecordExportAsync(caller, begin, end, call.Aborted));
        http.Response.ContentType = JsonLines;
        http.Response.Headers.ContentDisposition = "attachment; filename=\"ledger.jsonl\"";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await export.WriteAsync(http.Response.Body, begin, end, call.Aborted);
    }

    /// <summary>Lists checkpoints, newest first, each as its exact text for archiving elsewhere.</summary>
    internal static async Task<IResult> ListCheckpointsAsync(
        ApiCall call, string? limit, string? cursor, ICheckpoints checkpoints)
    {
        var page = new PageQuery(limit, Cursor: null);
        if (cursor is not null && (!long.TryParse(cursor, out var number) || number < 1))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The parameter 'cursor' is invalid: expected the 'next' of a page of this list.");
        }

        await call.AskAsync(RequireReaderAsync);
        var found = await checkpoints.ListAsync(cursor is null ? null : long.Parse(cursor), page.GetLimit() + 1, call.Aborted);
        var items = found.Take(page.GetLimit()).ToArray();
        return TypedResults.Ok(new CheckpointPageBody(
            [.. items.Select(item => item.Text)],
            found.Count > items.Length ? items[^1].Number.ToString(System.Globalization.CultureInfo.InvariantCulture) : null));
    }

    /// <summary>The public key of the ledger as PEM (SubjectPublicKeyInfo, ECDSA on P-256).</summary>
    internal static async Task<IResult> GetPublicKeyAsync(ApiCall call, ILedgerKey key)
    {
        await call.AskAsync(RequireReaderAsync);
        var pem = PemEncoding.WriteString("PUBLIC KEY", key.PublicKey.Span) + "\n";
        return TypedResults.Text(pem, "application/x-pem-file", Encoding.ASCII);
    }

    /// <summary>
    /// Verifies the ledger from the last verified checkpoint, or with <c>full=true</c> from the beginning; the response
    /// says which.
    /// </summary>
    internal static async Task<IResult> VerifyAsync(
        ApiCall call, string? full, ILedgerVerification verification, FullVerifications verifications)
    {
        await call.AskAsync(RequireReaderAsync);
        var report = await verification.VerifyAsync(QueryFlag.Parse(full, nameof(full)), call.Aborted);
        var last = await verifications.FindLastAsync(call.Aborted);
        return TypedResults.Ok(new VerificationBody(
            report.Intact,
            report.VerifiedFrom,
            report.Entries,
            report.Checkpoints,
            report.Problems,
            last is null
                ? null
                : new FullVerificationBody(last.BeganAt, last.EndedAt, last.Intact, last.Entries, last.Checkpoints, last.Problems)));
    }

    private static Task RequireReaderAsync(Caller caller)
    {
        LedgerAuthority.RequireReader(caller);
        return Task.CompletedTask;
    }
}

/// <summary>One page of checkpoints.</summary>
/// <param name="Items">The exact text of each checkpoint; archive it unchanged.</param>
/// <param name="Next">The cursor of the next page; absent on the last.</param>
internal sealed record CheckpointPageBody(IReadOnlyList<string> Items, string? Next);

/// <summary>The result of a verification.</summary>
/// <param name="Intact">Whether no problem was found.</param>
/// <param name="VerifiedFrom">The checkpoint after which everything was verified; 0 for everything.</param>
/// <param name="Entries">The number of entries verified.</param>
/// <param name="Checkpoints">The number of checkpoints verified.</param>
/// <param name="Problems">The problems found.</param>
/// <param name="LastFull">The result of the last full background verification; absent if there was none.</param>
internal sealed record VerificationBody(
    bool Intact, long VerifiedFrom, long Entries, long Checkpoints, IReadOnlyList<LedgerProblem> Problems, FullVerificationBody? LastFull);

/// <summary>The result of the last full background verification.</summary>
/// <param name="BeganAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Intact">Whether no problem was found.</param>
/// <param name="Entries">The number of entries verified.</param>
/// <param name="Checkpoints">The number of checkpoints verified.</param>
/// <param name="Problems">The number of problems found.</param>
internal sealed record FullVerificationBody(
    DateTimeOffset BeganAt, DateTimeOffset EndedAt, bool Intact, long Entries, long Checkpoints, int Problems);
