using CodeSigning.Errors;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Signers;

/// <summary>The ledger entries of a signer, for its readers.</summary>
internal static class OperationEndpoints
{
    public static void MapOperationEndpoints(this IEndpointRouteBuilder operations)
    {
        operations.MapGet("/", ListAsync).WithName("ListOperations").Produces<EntryPageBody>();
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
        SignerDirectory directory,
        IStateStore states,
        LedgerSearches searches)
    {
        var query = new LedgerQuery(
            Outcome: EntryFilter.ParseOutcome(status, nameof(status)),
            SignerId: call.SignerId,
            GrantId: PathId.ValidateFilter(grantId, nameof(grantId), IdPrefixes.Grant),
            From: EntryFilter.ParseTime(from, nameof(from)),
            To: EntryFilter.ParseTime(to, nameof(to)),
            Before: page.GetBefore(IdPrefixes.Operation),
            Limit: page.GetLimit());
        await RequireReaderAsync(call, directory);
        var actorId = actor is null ? null : await call.AskAsync(caller => FindActorAsync(states, caller, actor, call.Aborted));
        return await searches.ListAsync(call.CallerId, query with { ActorId = actorId }, call.Aborted);
    }

    /// <summary>Gets one of the signer's entries.</summary>
    internal static async Task<IResult> GetAsync(SignerCall call, string operationId, SignerDirectory directory, ILedgerReader ledger)
    {
        await RequireReaderAsync(call, directory);
        return await ledger.FindAsync(operationId, call.Aborted) is { } entry && entry.SignerId == call.SignerId
            ? TypedResults.Text(entry.Json, "application/json")
            : throw new RefusedException(ErrorCode.NotFound, "The operation does not exist on this signer.");
    }

    // Only an email address has an @ that a machine identity's id has not: a machine identity so named is found by its id.
    private static Task<string> FindActorAsync(IStateStore states, Caller caller, string actor, CancellationToken cancellationToken) =>
        actor == Caller.System.Id || EntityId.Is(IdPrefixes.User, actor)
            ? Task.FromResult(actor)
            : PrincipalLookup.FindIdAsync(
                states, caller, actor.Contains('@', StringComparison.Ordinal) ? PrincipalKind.User : PrincipalKind.Identity, actor, cancellationToken);

    private static Task<SignerAccess> RequireReaderAsync(SignerCall call, SignerDirectory directory) =>
        call.AskAsync(caller => directory.AuthorizeAsync(caller, call.SignerId, SignerAction.Read, call.Aborted));
}
