using CodeSigning.Errors;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Signers;

/// <summary>The ledger entries of a signer, for its readers.</summary>
internal static class OperationEndpoints
{
    public static void MapOperationEndpoints(this IEndpointRouteBuilder operations)
    {
        operations.MapGet("/", ListAsync).WithName("ListOperations").Produces<EntryPageBody>();
        operations.MapGet("/export", ExportAsync).WithName("ExportOperations").Produces<string>(contentType: "application/jsonl");
        operations.MapGet("/{operationId}", GetAsync).WithName("GetOperation").Produces<EntryBody>();
    }

    /// <summary>Lists the signer's entries, newest first.</summary>
    internal static async Task<IResult> ListAsync(
        SignerCall call,
        [AsParameters] PageQuery page,
        string? status,
        string? actor,
        string? from,
        string? to,
        string? grantId,
        SignerActivity activity) =>
        await activity.ListAsync(call, new ActivityFilter(status, actor, from, to, grantId), page);

    /// <summary>Downloads the entries of the same list as JSON Lines or CSV, newest first.</summary>
    internal static async Task<IResult> ExportAsync(
        SignerCall call,
        string? format,
        string? status,
        string? actor,
        string? from,
        string? to,
        string? grantId,
        SignerActivity activity) =>
        await activity.ExportAsync(call, new ActivityFilter(status, actor, from, to, grantId), EntryFile.ParseFormat(format));

    /// <summary>Gets one of the signer's entries.</summary>
    internal static async Task<IResult> GetAsync(SignerCall call, string operationId, SignerActivity activity) =>
        TypedResults.Text((await activity.GetAsync(call, operationId)).Json, "application/json");
}

/// <summary>Which of a signer's entries to list, as a query gives it.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="Actor">The id, email address or name of who acted.</param>
/// <param name="From">The earliest time.</param>
/// <param name="To">The time before which they are.</param>
/// <param name="GrantId">The grant.</param>
internal sealed record ActivityFilter(string? Status, string? Actor, string? From, string? To, string? GrantId);

/// <summary>Reads the ledger entries of a signer for its readers.</summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
internal sealed class SignerActivity(SignerDirectory directory, IStateStore states, LedgerSearches searches, ILedgerReader ledger)
{
    /// <summary>One page, newest first.</summary>
    public Task<EntryPage> ListAsync(SignerCall call, ActivityFilter filter, PageQuery page) =>
        ListAsync(call, filter, page.GetBefore(IdPrefixes.Operation), page.GetLimit());

    /// <summary>All of them as a file.</summary>
    public Task<EntryFile> ExportAsync(SignerCall call, ActivityFilter filter, EntryFileFormat format) =>
        EntryFile.BeginAsync("activity", format, before => ListAsync(call, filter, before, EntryFile.EntriesAtOnce));

    /// <summary>One entry; <c>NotFound</c> if it is another signer's.</summary>
    public async Task<LedgerEntry> GetAsync(SignerCall call, string operationId)
    {
        await RequireReaderAsync(call);
        return await ledger.FindAsync(operationId, call.Aborted) is { } entry && entry.SignerId == call.SignerId
            ? entry
            : throw new RefusedException(ErrorCode.NotFound, "The operation does not exist on this signer.");
    }

    private async Task<EntryPage> ListAsync(SignerCall call, ActivityFilter filter, string? before, int limit)
    {
        var query = new LedgerQuery(
            Outcome: EntryFilter.ParseOutcome(filter.Status, "status"),
            SignerId: call.SignerId,
            GrantId: PathId.ValidateFilter(filter.GrantId, "grantId", IdPrefixes.Grant),
            From: EntryFilter.ParseTime(filter.From, "from"),
            To: EntryFilter.ParseTime(filter.To, "to"),
            Before: before,
            Limit: limit);
        await RequireReaderAsync(call);
        var actorId = filter.Actor is { } actor ? await call.AskAsync(caller => FindActorAsync(caller, actor, call.Aborted)) : null;
        return await searches.ListAsync(call.CallerId, query with { ActorId = actorId }, call.Aborted);
    }

    // Only an email address has an @ that a machine identity's id has not: a machine identity so named is found by its id.
    private Task<string> FindActorAsync(Caller caller, string actor, CancellationToken cancellationToken) =>
        actor == Caller.System.Id || EntityId.Is(IdPrefixes.User, actor)
            ? Task.FromResult(actor)
            : PrincipalLookup.FindIdAsync(
                states, caller, actor.Contains('@', StringComparison.Ordinal) ? PrincipalKind.User : PrincipalKind.Identity, actor, cancellationToken);

    private Task<SignerAccess> RequireReaderAsync(SignerCall call) =>
        call.AskAsync(caller => directory.AuthorizeAsync(caller, call.SignerId, SignerAction.Read, call.Aborted));
}
