using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Gateway.Api.Identities;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>Requests for approval: read, waited for, voted on, taken back.</summary>
internal static class RequestEndpoints
{
    public static void MapRequestEndpoints(this IEndpointRouteBuilder requests)
    {
        requests.MapGet("/", ListAsync).WithName("ListApprovalRequests");
        requests.MapGet("/{requestId}", GetAsync).WithName("GetApprovalRequest").WithMetadata(EndpointLimits.Waiting);
        requests.MapPost("/{requestId}/approve", ApproveAsync).WithName("ApproveRequest").TakesIdempotencyKey();
        requests.MapPost("/{requestId}/reject", RejectAsync).WithName("RejectRequest").TakesIdempotencyKey();
        requests.MapPost("/{requestId}/cancel", CancelAsync).WithName("CancelRequest").TakesIdempotencyKey();
    }

    /// <summary>
    /// Lists requests, newest first: with assignedToMe those that the caller may decide, otherwise those that the caller
    /// made or may decide, and all of them for product administrators.
    /// </summary>
    internal static async Task<Ok<Page<RequestView>>> ListAsync(
        [AsParameters] PageQuery page, bool? assignedToMe, string? status, ApiCall call, RequestDirectory directory)
    {
        var filter = RequestFilters.Parse(status, page);
        return TypedResults.Ok(await call.AskAsync(caller => assignedToMe == true
            ? directory.ListAssignedAsync(caller, filter, call.Aborted)
            : directory.ListVisibleAsync(caller, filter, call.Aborted)));
    }

    /// <summary>
    /// A request, for its requester, its approvers and whoever may read its signer. With wait, such as 60s, a pending one
    /// is answered when it changes, or as it is after that time.
    /// </summary>
    internal static async Task<Ok<RequestView>> GetAsync(
        string requestId, string? wait, ApiCall call, RequestDirectory directory, RequestWaits waits, IStateStore states)
    {
        PathId.Demand(IdPrefixes.ApprovalRequest, requestId);
        var atMost = RequestFilters.ParseWait(wait);
        var stored = atMost is null ? null : await states.ReadAsync(StateTypes.ApprovalRequest, requestId, call.Aborted);
        var request = await call.AskAsync(caller => directory.GetAsync(caller, requestId, call.Aborted));
        if (stored is not null && request.Status == RequestStatus.Pending)
        {
            await waits.WaitAsync(call.CallerId, request, stored.Version, atMost!.Value, call.Aborted);
            request = await call.AskAsync(caller => directory.GetAsync(caller, requestId, call.Aborted));
        }

        return TypedResults.Ok(request);
    }

    /// <summary>Approves the step that waits. People whom the policy names, or who are in a group that it names; never a request of their own.</summary>
    internal static async Task<Ok<RequestView>> ApproveAsync(string requestId, VoteBody body, ApiCall call)
    {
        var grain = Find(call, requestId);
        return TypedResults.Ok(await call.AskAsync(caller => grain.ApproveAsync(caller, body.Value, call.Aborted)));
    }

    /// <summary>Rejects the request, and so ends it; the comment says why.</summary>
    internal static async Task<Ok<RequestView>> RejectAsync(string requestId, VoteBody body, ApiCall call)
    {
        var grain = Find(call, requestId);
        return TypedResults.Ok(await call.AskAsync(caller => grain.RejectAsync(caller, body.Value, call.Aborted)));
    }

    /// <summary>Takes the request back. Its requester, or an administrator of the signer.</summary>
    internal static async Task<Ok<RequestView>> CancelAsync(string requestId, ApiCall call)
    {
        var grain = Find(call, requestId);
        return TypedResults.Ok(await call.AskAsync(caller => grain.CancelAsync(caller, call.Aborted)));
    }

    private static IApprovalRequestGrain Find(ApiCall call, string requestId) =>
        call.Grains.GetGrain<IApprovalRequestGrain>(PathId.Demand(IdPrefixes.ApprovalRequest, requestId));
}
