using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Grants;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>Grants.</summary>
internal static class GrantEndpoints
{
    public static void MapGrantEndpoints(this IEndpointRouteBuilder grants)
    {
        grants.MapGet("/{grantId}", GetAsync).WithName("GetGrant");
        grants.MapPost("/{grantId}/revoke", RevokeAsync).WithName("RevokeGrant").TakesIdempotencyKey();
    }

    /// <summary>Gets a grant. Allowed to its grantee and to readers of its signer.</summary>
    internal static async Task<Ok<GrantView>> GetAsync(string grantId, ApiCall call, GrantService grants)
    {
        PathId.Validate(IdPrefixes.Grant, grantId);
        return TypedResults.Ok(await call.AskAsync(caller => grants.GetAsync(caller, grantId, call.Aborted)));
    }

    /// <summary>
    /// Revokes a grant, in force for every signature that begins afterwards. Administrators of the signer only.
    /// </summary>
    internal static async Task<Ok<GrantView>> RevokeAsync(string grantId, JsonBody<RevokeGrant> body, ApiCall call, GrantService grants)
    {
        PathId.Validate(IdPrefixes.Grant, grantId);
        return TypedResults.Ok(await call.AskAsync(caller => grants.RevokeAsync(caller, grantId, body.Value, call.Aborted)));
    }
}
