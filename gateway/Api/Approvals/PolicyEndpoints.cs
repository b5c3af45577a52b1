using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Administration;
using CodeSigning.Identifiers;
using CodeSigning.Policies;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>Signing policies: product administrators manage them, people read them.</summary>
internal static class PolicyEndpoints
{
    public static void MapPolicyEndpoints(this IEndpointRouteBuilder policies)
    {
        policies.MapPost("/", CreateAsync).WithName("CreateSigningPolicy").TakesIdempotencyKey(StatusCodes.Status201Created);
        policies.MapGet("/", ListAsync).WithName("ListSigningPolicies");
        policies.MapGet("/{policyId}", GetAsync).WithName("GetSigningPolicy");
        policies.MapPut("/{policyId}", ReplaceAsync).WithName("ReplaceSigningPolicy");
        policies.MapDelete("/{policyId}", DeleteAsync).WithName("DeleteSigningPolicy");
    }

    /// <summary>Creates a policy; a step with too few eligible approvers is refused. Product administrators only.</summary>
    internal static async Task<Created<PolicyView>> CreateAsync(
        JsonBody<PolicyDefinition> body, ApiCall call, PolicyService policies)
    {
        var policy = await call.AskAsync(caller => policies.CreateAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/pki/signing-policies/{policy.Id}", policy);
    }

    /// <summary>Lists policies, newest first.</summary>
    internal static async Task<Ok<Page<PolicyView>>> ListAsync(
        [AsParameters] PageQuery page, ApiCall call, PolicyService policies) =>
        TypedResults.Ok(await call.AskAsync(caller =>
            policies.ListAsync(caller, page.GetBefore(IdPrefixes.Policy), page.GetLimit(), call.Aborted)));

    /// <summary>Gets a policy.</summary>
    internal static async Task<Ok<PolicyView>> GetAsync(string policyId, ApiCall call, PolicyService policies) =>
        TypedResults.Ok(await call.AskAsync(caller => policies.GetAsync(caller, policyId, call.Aborted)));

    /// <summary>
    /// Replaces a policy's definition, for new requests. An edit that loosens a guarded policy opens a request instead:
    /// the response is the unchanged policy with pendingChangeRequestId.
    /// </summary>
    internal static async Task<Ok<PolicyView>> ReplaceAsync(
        string policyId, JsonBody<PolicyDefinition> body, ApiCall call, PolicyService policies) =>
        TypedResults.Ok(await call.AskAsync(caller => policies.ReplaceAsync(caller, policyId, body.Value, call.Aborted)));

    /// <summary>Deletes a policy that no signer uses.</summary>
    internal static async Task<NoContent> DeleteAsync(string policyId, ApiCall call, PolicyService policies)
    {
        await call.AskAsync(caller => policies.DeleteAsync(caller, policyId, call.Aborted));
        return TypedResults.NoContent();
    }
}
