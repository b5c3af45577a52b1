using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Identities;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Identities;

/// <summary>Machine identities, their client secrets and OIDC bindings.</summary>
internal static class MachineEndpoints
{
    public static void MapMachineEndpoints(this IEndpointRouteBuilder identities)
    {
        identities.MapGet("/", ListAsync).WithName("ListIdentities");
        identities.MapPost("/", CreateAsync).WithName("CreateIdentity").TakesIdempotencyKey(StatusCodes.Status201Created);
        identities.MapGet("/{identityId}", GetAsync).WithName("GetIdentity");
        identities.MapPatch("/{identityId}", UpdateAsync).WithName("UpdateIdentity");
        identities.MapDelete("/{identityId}", DeleteAsync).WithName("DeleteIdentity");
        identities.MapPut("/{identityId}/oidc", BindOidcAsync).WithName("BindOidc");
        identities.MapDelete("/{identityId}/oidc", UnbindOidcAsync).WithName("UnbindOidc");
        var secrets = identities.MapGroup("/{identityId}/client-secrets");
        secrets.MapGet("/", ListSecretsAsync).WithName("ListClientSecrets");
        secrets.MapPost("/", CreateSecretAsync).WithName("CreateClientSecret").TakesIdempotencyKey(StatusCodes.Status201Created);
        secrets.MapDelete("/{secretId}", RevokeSecretAsync).WithName("RevokeClientSecret");
    }

    /// <summary>Lists machine identities, newest first.</summary>
    internal static async Task<Ok<Page<IdentityView>>> ListAsync(
        [AsParameters] PageQuery page, string? name, ApiCall call, IdentityDirectory identities)
    {
        var query = new DirectoryQuery(page.GetLimit(), page.GetBefore(IdPrefixes.Identity), name);
        return TypedResults.Ok(await call.AskAsync(caller => identities.ListAsync(caller, query, call.Aborted)));
    }

    /// <summary>Creates a machine identity. Product administrators only.</summary>
    internal static async Task<Created<IdentityView>> CreateAsync(
        JsonBody<CreateIdentity> body, ApiCall call, IdentityService identities)
    {
        var identity = await call.AskAsync(caller => identities.CreateAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/identities/{identity.Id}", identity);
    }

    /// <summary>Gets a machine identity.</summary>
    internal static async Task<Ok<IdentityView>> GetAsync(string identityId, ApiCall call, IdentityDirectory identities) =>
        TypedResults.Ok(await call.AskAsync(caller => identities.GetAsync(caller, identityId, call.Aborted)));

    /// <summary>
    /// Changes name, description or status; disabling invalidates its tokens immediately. Product administrators only.
    /// </summary>
    internal static async Task<Ok<IdentityView>> UpdateAsync(
        string identityId, JsonBody<UpdateIdentity> body, ApiCall call, IdentityService identities) =>
        TypedResults.Ok(await call.AskAsync(caller => identities.UpdateAsync(caller, identityId, body.Value, call.Aborted)));

    /// <summary>Deletes a machine identity and its client secrets; its ledger entries stay. Product administrators only.</summary>
    internal static async Task<NoContent> DeleteAsync(
        string identityId, ApiCall call, IdentityService identities)
    {
        await call.AskAsync(caller => identities.DeleteAsync(caller, identityId, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>
    /// Sets the OIDC binding: which tokens of a CI system log the identity in. Product administrators only.
    /// </summary>
    internal static async Task<Ok<IdentityView>> BindOidcAsync(
        string identityId, JsonBody<OidcBinding> body, ApiCall call, IdentityService identities) =>
        TypedResults.Ok(await call.AskAsync(caller => identities.BindOidcAsync(caller, identityId, body.Value, call.Aborted)));

    /// <summary>Removes the OIDC binding; sessions created under it end. Product administrators only.</summary>
    internal static async Task<Ok<IdentityView>> UnbindOidcAsync(
        string identityId, ApiCall call, IdentityService identities) =>
        TypedResults.Ok(await call.AskAsync(caller => identities.UnbindOidcAsync(caller, identityId, call.Aborted)));

    /// <summary>Lists the client secrets, never the secrets themselves. Product administrators only.</summary>
    internal static async Task<Ok<Page<ClientSecretView>>> ListSecretsAsync(
        string identityId, [AsParameters] PageQuery page, ApiCall call, IdentityDirectory identities)
    {
        var query = new DirectoryQuery(page.GetLimit(), page.GetBefore(IdPrefixes.ClientSecret));
        return TypedResults.Ok(await call.AskAsync(
            caller => identities.ListClientSecretsAsync(caller, identityId, query, call.Aborted)));
    }

    /// <summary>Creates a client secret; only this response contains it. Product administrators only.</summary>
    internal static async Task<Created<NewClientSecretView>> CreateSecretAsync(
        string identityId, JsonBody<CreateClientSecret> body, ApiCall call, IdentityService identities)
    {
        var secret = await call.AskAsync(caller => identities.CreateClientSecretAsync(caller, identityId, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/identities/{identityId}/client-secrets/{secret.Id}", secret);
    }

    /// <summary>Deletes a client secret; sessions created with it end immediately. Product administrators only.</summary>
    internal static async Task<NoContent> RevokeSecretAsync(
        string identityId, string secretId, ApiCall call, IdentityService identities)
    {
        await call.AskAsync(caller => identities.RevokeClientSecretAsync(caller, identityId, secretId, call.Aborted));
        return TypedResults.NoContent();
    }
}
