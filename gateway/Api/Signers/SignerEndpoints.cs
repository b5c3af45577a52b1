using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Gateway.Api.Certificates;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Signers;
using CodeSigning.Identifiers;
using CodeSigning.Signers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Signers;

/// <summary>Signers: made, changed, switched off, read.</summary>
internal static class SignerEndpoints
{
    public static void MapSignerEndpoints(this IEndpointRouteBuilder signers)
    {
        signers.MapPost("/", CreateAsync).WithName("CreateSigner").TakesIdempotencyKey(StatusCodes.Status201Created);
        signers.MapGet("/", ListAsync).WithName("ListSigners");
        signers.MapGet("/{signerId}", GetAsync).WithName("GetSigner");
        signers.MapPatch("/{signerId}", UpdateAsync).WithName("UpdateSigner");
        signers.MapPatch("/{signerId}/status", ChangeStatusAsync).WithName("ChangeSignerStatus");
        signers.MapDelete("/{signerId}", DeleteAsync).WithName("DeleteSigner");
        signers.MapGet("/{signerId}/certificate", GetCertificateAsync).WithName("GetSignerCertificate").ProducesCertificate();
        signers.MapGet("/{signerId}/public-key", GetPublicKeyAsync).WithName("GetSignerPublicKey")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/x-pem-file");
        signers.MapGet("/{signerId}/permissions", GetPermissionsAsync).WithName("GetSignerPermissions");
    }

    /// <summary>Makes a signer on a certificate, or on one that is issued for it; the caller becomes its administrator. Product administrators only.</summary>
    internal static async Task<Created<SignerView>> CreateAsync(JsonBody<CreateSigner> body, ApiCall call, TimeProvider time)
    {
        var grain = call.Grains.GetGrain<ISignerGrain>(EntityId.New(IdPrefixes.Signer, time));
        var signer = await call.AskAsync(caller => grain.CreateAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/pki/signers/{signer.Id}", signer);
    }

    /// <summary>Lists the signers that the caller may see, newest first.</summary>
    internal static async Task<Ok<Page<SignerView>>> ListAsync(
        [AsParameters] PageQuery page, ApiCall call, SignerDirectory directory) =>
        TypedResults.Ok(await call.AskAsync(caller =>
            directory.ListAsync(caller, page.GetBefore(IdPrefixes.Signer), page.GetLimit(), call.Aborted)));

    /// <summary>A signer.</summary>
    internal static async Task<Ok<SignerView>> GetAsync(SignerCall call, SignerDirectory directory) =>
        TypedResults.Ok(await call.AskAsync(caller => directory.GetAsync(caller, call.SignerId, call.Aborted)));

    /// <summary>Changes name, description, certificate or policy. What loosens the policy may have to be approved first.</summary>
    internal static async Task<Ok<SignerView>> UpdateAsync(SignerCall call, JsonBody<UpdateSigner> body) =>
        TypedResults.Ok(await call.AskAsync(caller => call.Signer.UpdateAsync(caller, body.Value, call.Aborted)));

    /// <summary>Switches a signer on or off; off holds for every signature that begins afterwards.</summary>
    internal static async Task<Ok<SignerView>> ChangeStatusAsync(
        SignerCall call, JsonBody<ChangeSignerStatus> body, SignerWithdrawals withdrawals) =>
        TypedResults.Ok(await call.AskAsync(caller => body.Value.Status switch
        {
            SignerStatus.Active => call.Signer.EnableAsync(caller, call.Aborted),
            SignerStatus.Disabled => withdrawals.DisableAsync(caller, call.SignerId, call.Aborted),
            _ => throw new RefusedException(ErrorCode.InvalidRequest, "A signer's status can be set to 'active' or 'disabled'."),
        }));

    /// <summary>Deletes a signer; its ledger entries stay, and its name is not used again.</summary>
    internal static async Task<NoContent> DeleteAsync(SignerCall call, SignerWithdrawals withdrawals)
    {
        await call.AskAsync(caller => withdrawals.DeleteAsync(caller, call.SignerId, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>The certificate that the signer signs with, as pem, der, p7b or chain.</summary>
    internal static async Task<FileContentHttpResult> GetCertificateAsync(
        SignerCall call, string? format, SignerDirectory directory, CertificateService certificates)
    {
        var wanted = CertificateFormats.Parse(format);
        return (await certificates.GetFileAsync(await CertificateIdAsync(call, directory), wanted, call.Aborted)).ToResult();
    }

    /// <summary>The signer's public key as PEM (SubjectPublicKeyInfo).</summary>
    internal static async Task<FileContentHttpResult> GetPublicKeyAsync(
        SignerCall call, SignerDirectory directory, CertificateService certificates) =>
        (await certificates.GetPublicKeyAsync(await CertificateIdAsync(call, directory), call.Aborted)).ToResult();

    /// <summary>What the caller may do with the signer.</summary>
    internal static async Task<Ok<PermissionsView>> GetPermissionsAsync(SignerCall call, SignerDirectory directory) =>
        TypedResults.Ok(await call.AskAsync(caller => directory.GetPermissionsAsync(caller, call.SignerId, call.Aborted)));

    private static async Task<string> CertificateIdAsync(SignerCall call, SignerDirectory directory) =>
        (await call.AskAsync(caller => directory.AuthorizeAsync(caller, call.SignerId, SignerAction.Read, call.Aborted))).CertificateId;
}
