using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Gateway.Api.Signers;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>What is asked for, and given, on a signer.</summary>
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
    /// Asks for a grant on the signer. Operators and administrators of it. Asking again with the same Idempotency-Key finds
    /// the request that waits.
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

    /// <summary>Gives a grant ahead of a request. Administrators of the signer, to somebody else.</summary>
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
