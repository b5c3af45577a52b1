using System.Reflection;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Json;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>Approval requests.</summary>
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
    /// Lists requests, newest first: with assignedToMe those that wait for the caller's vote now, otherwise those that the
    /// caller created or may decide; product administrators see all.
    /// </summary>
    internal static async Task<Ok<Page<RequestView>>> ListAsync(
        [AsParameters] PageQuery page, string? assignedToMe, string? status, ApiCall call, RequestDirectory directory)
    {
        var filter = RequestFilters.Parse(status, page);
        var isAssigned = QueryFlag.Parse(assignedToMe, nameof(assignedToMe));
        return TypedResults.Ok(await call.AskAsync(caller => isAssigned
            ? directory.ListAssignedAsync(caller, filter, call.Aborted)
            : directory.ListVisibleAsync(caller, filter, call.Aborted)));
    }

    /// <summary>
    /// Gets a request. Allowed to its requester, its approvers and readers of its signer. With wait, such as 60s, the
    /// response to a pending request is delayed until it changes, at most for that time.
    /// </summary>
    internal static async Task<Ok<RequestView>> GetAsync(
        string requestId, string? wait, ApiCall call, RequestDirectory directory, RequestWaits waits, IStateStore states)
    {
        PathId.Validate(IdPrefixes.ApprovalRequest, requestId);
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

    /// <summary>
    /// Approves the current step. Allowed to approvers named by the policy, directly or through a group, but never for
    /// a request of their own.
    /// </summary>
    internal static async Task<Ok<RequestView>> ApproveAsync(string requestId, VoteBody body, ApiCall call)
    {
        var grain = Find(call, requestId);
        return TypedResults.Ok(await call.AskAsync(caller => grain.ApproveAsync(caller, body.Value, call.Aborted)));
    }

    /// <summary>Rejects the request, which ends it; the comment is required.</summary>
    internal static async Task<Ok<RequestView>> RejectAsync(string requestId, VoteBody body, ApiCall call)
    {
        var grain = Find(call, requestId);
        return TypedResults.Ok(await call.AskAsync(caller => grain.RejectAsync(caller, body.Value, call.Aborted)));
    }

    /// <summary>Cancels the request. Allowed to its requester and to administrators of the signer.</summary>
    internal static async Task<Ok<RequestView>> CancelAsync(string requestId, ApiCall call)
    {
        var grain = Find(call, requestId);
        return TypedResults.Ok(await call.AskAsync(caller => grain.CancelAsync(caller, call.Aborted)));
    }

    private static IApprovalRequestGrain Find(ApiCall call, string requestId) =>
        call.Grains.GetGrain<IApprovalRequestGrain>(PathId.Validate(IdPrefixes.ApprovalRequest, requestId));
}

/// <summary>Requests and grants of a signer.</summary>
internal static class SignerRequestEndpoints
{
    public static void MapSignerRequestEndpoints(this IEndpointRouteBuilder signer)
    {
        signer.MapPost("/requests", CreateAsync).WithName("CreateRequest").TakesIdempotencyKey(StatusCodes.Status201Created);
        signer.MapGet("/requests", ListAsync).WithName("ListSignerRequests");
        signer.MapPost("/requests/pre-approve", PreApproveAsync).WithName("PreApprove").WithTags("Grants")
            .TakesIdempotencyKey(StatusCodes.Status201Created);
        signer.MapGet("/grants", ListGrantsAsync).WithName("ListSignerGrants").WithTags("Grants");
    }

    /// <summary>
    /// Requests a grant on the signer. Operators and administrators of the signer only. A retry with the same
    /// Idempotency-Key returns the pending request.
    /// </summary>
    internal static async Task<Created<RequestView>> CreateAsync(SignerCall call, JsonBody<CreateRequest> body, TimeProvider time)
    {
        var grain = call.Grains.GetGrain<IApprovalRequestGrain>(EntityId.New(IdPrefixes.ApprovalRequest, time));
        var request = await call.AskAsync(caller =>
            grain.CreateSigningAsync(caller, call.SignerId, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/pki/approval-requests/{request.Id}", request);
    }

    /// <summary>Lists the requests for the signer, newest first.</summary>
    internal static async Task<Ok<Page<RequestView>>> ListAsync(
        SignerCall call, [AsParameters] PageQuery page, string? status, RequestDirectory directory)
    {
        var filter = RequestFilters.Parse(status, page);
        return TypedResults.Ok(await call.AskAsync(caller =>
            directory.ListOfSignerAsync(caller, call.SignerId, filter, call.Aborted)));
    }

    /// <summary>
    /// Pre-approves: creates a grant without a request, for another member. Administrators of the signer only.
    /// </summary>
    internal static async Task<Created<GrantView>> PreApproveAsync(SignerCall call, JsonBody<PreApprove> body, GrantService grants)
    {
        var grant = await call.AskAsync(caller => grants.PreApproveAsync(caller, call.SignerId, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/pki/grants/{grant.Id}", grant);
    }

    /// <summary>Lists the signer's grants, newest first.</summary>
    internal static async Task<Ok<Page<GrantView>>> ListGrantsAsync(
        SignerCall call, [AsParameters] PageQuery page, GrantService grants) =>
        TypedResults.Ok(await call.AskAsync(caller =>
            grants.ListAsync(caller, call.SignerId, page.GetBefore(IdPrefixes.Grant), page.GetLimit(), call.Aborted)));
}

/// <summary>Parses query parameters about requests.</summary>
internal static class RequestFilters
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>The filter of requests.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static RequestFilter Parse(string? status, PageQuery page) => new(
        status switch
        {
            null => null,
            "pending" => RequestStatus.Pending,
            "approved" => RequestStatus.Approved,
            "rejected" => RequestStatus.Rejected,
            "expired" => RequestStatus.Expired,
            "cancelled" => RequestStatus.Cancelled,
            _ => throw Refuse("The parameter 'status' is invalid: expected pending, approved, rejected, expired or cancelled."),
        },
        page.GetBefore(IdPrefixes.ApprovalRequest),
        page.GetLimit());

    /// <summary>How long a client wants to wait; null for not at all.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static TimeSpan? ParseWait(string? wait) =>
        wait is null ? null
        : Duration.TryParse(wait, out var duration) && duration <= LongestWait ? duration
        : throw Refuse("The parameter 'wait' is invalid: expected a duration of at most 60s.");

    private static RefusedException Refuse(string detail) => new(ErrorCode.InvalidRequest, detail);
}

/// <summary>The body of a vote, which may be absent for an approval.</summary>
internal sealed class VoteBody(CastVote value) : IEndpointParameterMetadataProvider
{
    /// <summary>The vote's body.</summary>
    public CastVote Value { get; } = value;

    /// <summary>Called by the framework for a handler's parameter.</summary>
    public static async ValueTask<VoteBody?> BindAsync(HttpContext context)
    {
        if (context.Request.ContentType is null && (await RequestBody.ReadAsync(context)).IsEmpty)
        {
            return new VoteBody(new CastVote());
        }

        return await JsonBody<CastVote>.BindAsync(context) is { } body ? new VoteBody(body.Value) : null;
    }

    /// <summary>Tells the OpenAPI document what the body is.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(CastVote), isOptional: true));
}
