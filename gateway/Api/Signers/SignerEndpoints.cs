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

/// <summary>Signers.</summary>
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
        signers.MapGet("/{signerId}/attestations/{attestationId}", GetAttestationAsync).WithName("GetSignerAttestation").ProducesAttestation();
        signers.MapGet("/{signerId}/permissions", GetPermissionsAsync).WithName("GetSignerPermissions");
    }

    /// <summary>
    /// Creates a signer with an existing certificate or one issued for it; the caller becomes its administrator.
    /// Product administrators only.
    /// </summary>
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

    /// <summary>Gets a signer.</summary>
    internal static async Task<Ok<SignerView>> GetAsync(SignerCall call, SignerDirectory directory) =>
        TypedResults.Ok(await call.AskAsync(caller => directory.GetAsync(caller, call.SignerId, call.Aborted)));

    /// <summary>
    /// Changes name, description, certificate or policy. A change that loosens the policy may require approval first.
    /// </summary>
    internal static async Task<Ok<SignerView>> UpdateAsync(SignerCall call, JsonBody<UpdateSigner> body) =>
        TypedResults.Ok(await call.AskAsync(caller => call.Signer.UpdateAsync(caller, body.Value, call.Aborted)));

    /// <summary>Enables or disables a signer; disabling is in force for every signature that begins afterwards.</summary>
    internal static async Task<Ok<SignerView>> ChangeStatusAsync(
        SignerCall call, JsonBody<ChangeSignerStatus> body, SignerWithdrawals withdrawals) =>
        TypedResults.Ok(await call.AskAsync(caller => body.Value.Status switch
        {
            SignerStatus.Active => call.Signer.EnableAsync(caller, call.Aborted),
            SignerStatus.Disabled => withdrawals.DisableAsync(caller, call.SignerId, call.Aborted),
            _ => throw new RefusedException(ErrorCode.InvalidRequest, "The field 'status' is invalid: expected 'active' or 'disabled'."),
        }));

    /// <summary>Deletes a signer; its ledger entries stay, and its name stays reserved.</summary>
    internal static async Task<NoContent> DeleteAsync(SignerCall call, SignerWithdrawals withdrawals)
    {
        await call.AskAsync(caller => withdrawals.DeleteAsync(caller, call.SignerId, call.Aborted));
        return TypedResults.NoContent();
    }

    /// <summary>Gets the signer's certificate as pem, der, p7b or chain.</summary>
    internal static async Task<FileContentHttpResult> GetCertificateAsync(
        SignerCall call, string? format, SignerDirectory directory, CertificateService certificates)
    {
        var wanted = CertificateFormats.Parse(format);
        return (await certificates.GetFileAsync(await CertificateIdAsync(call, directory), wanted, call.Aborted)).ToResult();
    }

    /// <summary>Gets the signer's public key as PEM (SubjectPublicKeyInfo).</summary>
    internal static async Task<FileContentHttpResult> GetPublicKeyAsync(
        SignerCall call, SignerDirectory directory, CertificateService certificates) =>
        (await certificates.GetPublicKeyAsync(await CertificateIdAsync(call, directory), call.Aborted)).ToResult();

    /// <summary>Gets the file of an attestation of the key that the signer signs with.</summary>
    internal static async Task<FileContentHttpResult> GetAttestationAsync(
        SignerCall call, string attestationId, SignerDirectory directory, CertificateAttestations attestations)
    {
        PathId.Validate(IdPrefixes.Attestation, attestationId);
        return (await attestations.ReadOfSignerAsync(await CertificateIdAsync(call, directory), attestationId, call.Aborted)).ToResult();
    }

    /// <summary>Gets the caller's permissions for the signer.</summary>
    internal static async Task<Ok<PermissionsView>> GetPermissionsAsync(SignerCall call, SignerDirectory directory) =>
        TypedResults.Ok(await call.AskAsync(caller => directory.GetPermissionsAsync(caller, call.SignerId, call.Aborted)));

    private static async Task<string> CertificateIdAsync(SignerCall call, SignerDirectory directory) =>
        (await call.AskAsync(caller => directory.AuthorizeAsync(caller, call.SignerId, SignerAction.Read, call.Aborted))).CertificateId;
}
