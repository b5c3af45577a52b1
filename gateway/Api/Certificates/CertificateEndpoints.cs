using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Certificates;
using CodeSigning.Identifiers;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CodeSigning.Gateway.Api.Certificates;

/// <summary>Code-signing certificates: issued by internal CAs, imported, or requested from external CAs.</summary>
internal static class CertificateEndpoints
{
    public static void MapCertificateEndpoints(this IEndpointRouteBuilder certificates)
    {
        certificates.MapPost("/", IssueAsync).WithName("IssueCertificate").TakesIdempotencyKey(StatusCodes.Status201Created);
        certificates.MapPost("/import", ImportAsync).WithName("ImportCertificate").TakesIdempotencyKey(StatusCodes.Status201Created)
            .WithMetadata(new RequestSizeLimitAttribute(KestrelSetup.MaxLargeBody), new ReadsBodyOf(CertificateImport.RequireImporter));
        certificates.MapPost("/csr", RequestAsync).WithName("CreateCsr").TakesIdempotencyKey(StatusCodes.Status201Created);
        certificates.MapPut("/{certificateId}/certificate", InstallAsync).WithName("InstallCertificate");
        certificates.MapGet("/", ListAsync).WithName("ListCertificates");
        certificates.MapGet("/{certificateId}", GetAsync).WithName("GetCertificate");
        certificates.MapGet("/{certificateId}/export", ExportAsync).WithName("ExportCertificate")
            .ProducesCertificate();
        certificates.MapPost("/{certificateId}/attestations", AttachAsync).WithName("AttachAttestation")
            .TakesIdempotencyKey(StatusCodes.Status201Created);
        certificates.MapGet("/{certificateId}/attestations/{attestationId}", GetAttestationAsync).WithName("GetAttestation")
            .ProducesAttestation();
        certificates.MapPost("/{certificateId}/revoke", RevokeAsync).WithName("RevokeCertificate");
        certificates.MapPut("/{certificateId}/renewal", SetRenewalAsync).WithName("SetCertificateRenewal");
        certificates.MapDelete("/{certificateId}/renewal", StopRenewalAsync).WithName("StopCertificateRenewal");
        certificates.MapPatch("/{certificateId}/key", ChangeKeyAsync).WithName("ChangeKeyState");
        certificates.MapPost("/{certificateId}/key/destruction", RequestDestructionAsync).WithName("RequestKeyDestruction");
        certificates.MapDelete("/{certificateId}/key/destruction", WithdrawDestructionAsync).WithName("WithdrawKeyDestruction");
        certificates.MapPost("/{certificateId}/key/destruction/confirm", ConfirmDestructionAsync).WithName("ConfirmKeyDestruction");
    }

    /// <summary>
    /// Issues a code-signing certificate from an internal CA; its key is generated in the vault. Product administrators
    /// only.
    /// </summary>
    internal static async Task<Created<CertificateView>> IssueAsync(
        JsonBody<IssueCertificate> body, ApiCall call, CertificateService certificates) =>
        Created(await call.AskAsync(caller => certificates.IssueAsync(caller, body.Value, call.Aborted)));

    /// <summary>
    /// Imports a certificate with its key as PKCS#12 or PEM; a key that already belongs to another certificate requires
    /// `allowSharedKey`. Product administrators only.
    /// </summary>
    internal static async Task<Created<CertificateView>> ImportAsync(
        JsonBody<ImportCertificate> body, ApiCall call, CertificateImport import) =>
        Created(await call.AskAsync(caller => import.ImportAsync(caller, body.Value, call.Aborted)));

    /// <summary>Generates a key and a PKCS#10 request for an external CA. Product administrators only.</summary>
    internal static async Task<Created<SigningRequestView>> RequestAsync(
        JsonBody<CreateSigningRequest> body, ApiCall call, CertificateService certificates)
    {
        var request = await call.AskAsync(caller => certificates.CreateSigningRequestAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created(Location(request.Id), request);
    }

    /// <summary>Installs the certificate that the external CA issued for this key. Product administrators only.</summary>
    internal static async Task<Ok<CertificateView>> InstallAsync(
        string certificateId, JsonBody<InstallCertificate> body, ApiCall call, CertificateService certificates)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(await call.AskAsync(caller => certificates.InstallAsync(caller, certificateId, body.Value, call.Aborted)));
    }

    /// <summary>Lists certificates, newest first. Product administrators only.</summary>
    internal static async Task<Ok<Page<CertificateView>>> ListAsync(
        [AsParameters] PageQuery page, string? caId, ApiCall call, CertificateCatalog catalog)
    {
        var issuerId = caId is null
            ? null
            : await call.AskAsync(caller => catalog.FindAuthorityIdAsync(caller, caId, call.Aborted));
        return TypedResults.Ok(await call.AskAsync(caller =>
            catalog.ListCertificatesAsync(caller, issuerId, page.GetBefore(IdPrefixes.Certificate), page.GetLimit(), call.Aborted)));
    }

    /// <summary>Gets a certificate. Product administrators only.</summary>
    internal static async Task<Ok<CertificateView>> GetAsync(
        string certificateId, ApiCall call, CertificateService certificates)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(await call.AskAsync(caller => certificates.GetAsync(caller, certificateId, call.Aborted)));
    }

    /// <summary>
    /// Exports a certificate as pem, der, p7b or chain; the ledger records the export. Product administrators only.
    /// </summary>
    internal static async Task<FileContentHttpResult> ExportAsync(
        string certificateId, string? format, ApiCall call, CertificateService certificates)
    {
        var wanted = CertificateFormats.Parse(format);
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return (await call.AskAsync(caller => certificates.ExportAsync(caller, certificateId, wanted, call.Aborted))).ToResult();
    }

    /// <summary>
    /// Attaches what the tools of the key's token attest; it is kept with its SHA-256 and never replaced. Product administrators
    /// only.
    /// </summary>
    internal static async Task<Created<AttestationView>> AttachAsync(
        string certificateId, JsonBody<AttachAttestation> body, ApiCall call, CertificateAttestations attestations)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        var attached = await call.AskAsync(caller => attestations.AttachAsync(caller, certificateId, body.Value, call.Aborted));
        return TypedResults.Created($"{Location(certificateId)}/attestations/{attached.Id}", attached);
    }

    /// <summary>Gets the file of an attestation, byte for byte. Product administrators only.</summary>
    internal static async Task<FileContentHttpResult> GetAttestationAsync(
        string certificateId, string attestationId, ApiCall call, CertificateAttestations attestations)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        PathId.Validate(IdPrefixes.Attestation, attestationId);
        return (await call.AskAsync(caller => attestations.ReadAsync(caller, certificateId, attestationId, call.Aborted))).ToResult();
    }

    /// <summary>
    /// Revokes a certificate, in force for every signature that begins afterwards. Product administrators only.
    /// </summary>
    internal static async Task<Ok<CertificateView>> RevokeAsync(
        string certificateId, JsonBody<RevokeCertificate> body, ApiCall call, CertificateService certificates)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(await call.AskAsync(caller => certificates.RevokeAsync(caller, certificateId, body.Value, call.Aborted)));
    }

    /// <summary>
    /// Suspends a key, makes it active again, or declares it compromised, which revokes its certificates; in force for every
    /// signature that begins afterwards, of every certificate with the key. Product administrators only.
    /// </summary>
    internal static async Task<Ok<CertificateView>> ChangeKeyAsync(
        string certificateId, JsonBody<ChangeKeyState> body, ApiCall call, KeyLifeService keys)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(await call.AskAsync(caller => keys.ChangeAsync(caller, certificateId, body.Value, call.Aborted)));
    }

    /// <summary>Asks for the destruction of a key, which another administrator confirms. Product administrators only.</summary>
    internal static async Task<Ok<CertificateView>> RequestDestructionAsync(
        string certificateId, JsonBody<RequestKeyDestruction> body, ApiCall call, KeyLifeService keys)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(
            await call.AskAsync(caller => keys.RequestDestructionAsync(caller, certificateId, body.Value, call.Aborted)));
    }

    /// <summary>Takes a request for the destruction of a key back. Product administrators only.</summary>
    internal static async Task<Ok<CertificateView>> WithdrawDestructionAsync(string certificateId, ApiCall call, KeyLifeService keys)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(await call.AskAsync(caller => keys.WithdrawDestructionAsync(caller, certificateId, call.Aborted)));
    }

    /// <summary>
    /// Destroys a key for good, on the word of another administrator than the one who asked for it. Product administrators
    /// only.
    /// </summary>
    internal static async Task<Ok<CertificateView>> ConfirmDestructionAsync(string certificateId, ApiCall call, KeyLifeService keys)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(await call.AskAsync(caller => keys.ConfirmDestructionAsync(caller, certificateId, call.Aborted)));
    }

    /// <summary>
    /// Has an internal CA renew a certificate before it expires, with a fresh key or the same; its signers are bound to the renewed
    /// one. Product administrators only.
    /// </summary>
    internal static async Task<Ok<CertificateView>> SetRenewalAsync(
        string certificateId, JsonBody<SetRenewal> body, ApiCall call, CertificateRenewal renewal)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(await call.AskAsync(caller => renewal.SetAsync(caller, certificateId, body.Value, call.Aborted)));
    }

    /// <summary>Has a certificate renewed no longer. Product administrators only.</summary>
    internal static async Task<Ok<CertificateView>> StopRenewalAsync(string certificateId, ApiCall call, CertificateRenewal renewal)
    {
        PathId.Validate(IdPrefixes.Certificate, certificateId);
        return TypedResults.Ok(await call.AskAsync(caller => renewal.StopAsync(caller, certificateId, call.Aborted)));
    }

    private static Created<CertificateView> Created(CertificateView certificate) =>
        TypedResults.Created(Location(certificate.Id), certificate);

    private static string Location(string id) => $"/api/v1/pki/certificates/{id}";
}

/// <summary>Parses <see cref="CertificateFormat"/> in queries, and writes file responses.</summary>
internal static class CertificateFormats
{
    /// <summary>Parses a format; defaults to PEM.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static CertificateFormat Parse(string? format) => format switch
    {
        null or "pem" => CertificateFormat.Pem,
        "der" => CertificateFormat.Der,
        "p7b" => CertificateFormat.P7b,
        "chain" => CertificateFormat.Chain,
        _ => throw new RefusedException(ErrorCode.InvalidRequest, "The parameter 'format' is invalid: expected pem, der, p7b or chain."),
    };

    /// <summary>Describes the media types in the OpenAPI document.</summary>
    public static void ProducesCertificate(this RouteHandlerBuilder endpoint) => endpoint.Produces<byte[]>(
        StatusCodes.Status200OK,
        "application/x-pem-file",
        "application/pkix-cert",
        "application/x-pkcs7-certificates",
        "application/pem-certificate-chain");

    /// <summary>Describes the media types of attestations in the OpenAPI document.</summary>
    public static void ProducesAttestation(this RouteHandlerBuilder endpoint) => endpoint.Produces<byte[]>(
        StatusCodes.Status200OK,
        "application/octet-stream",
        "application/gzip",
        "application/pdf",
        "application/pkix-cert",
        "application/x-pem-file",
        "application/zip",
        "text/plain");

    /// <summary>The file as a response.</summary>
    public static FileContentHttpResult ToResult(this CertificateFile file) =>
        TypedResults.File(file.Content.ToArray(), file.ContentType, file.FileName);
}
