using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Certificates;
using CodeSigning.Identifiers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Certificates;

/// <summary>Internal certification authorities.</summary>
internal static class CertificateAuthorityEndpoints
{
    private const string RevocationListType = "application/pkix-crl";

    public static void MapCertificateAuthorityEndpoints(this IEndpointRouteBuilder authorities)
    {
        authorities.MapPost("/", CreateAsync).WithName("CreateCa").TakesIdempotencyKey(StatusCodes.Status201Created);
        authorities.MapGet("/", ListAsync).WithName("ListCas");
        authorities.MapGet("/{caId}", GetAsync).WithName("GetCa");
        authorities.MapPost("/{caId}/revoke", RevokeAsync).WithName("RevokeCa");
        authorities.MapGet("/{caId}/certificate", GetCertificateAsync).WithName("GetCaCertificate").AllowAnonymous()
            .ProducesCertificate();
        authorities.MapGet("/{caId}/crl", GetRevocationListAsync).WithName("GetCaCrl").AllowAnonymous()
            .Produces<byte[]>(StatusCodes.Status200OK, RevocationListType);
    }

    /// <summary>
    /// Creates an internal root CA or a subordinate CA; its key is generated in the vault. Product administrators only.
    /// </summary>
    internal static async Task<Created<CertificateAuthorityView>> CreateAsync(
        JsonBody<CreateCertificateAuthority> body, ApiCall call, CertificateAuthorityService authorities)
    {
        var authority = await call.AskAsync(caller => authorities.CreateAsync(caller, body.Value, call.Aborted));
        return TypedResults.Created($"/api/v1/pki/ca/{authority.Id}", authority);
    }

    /// <summary>Lists the internal CAs, newest first. Product administrators only.</summary>
    internal static async Task<Ok<Page<CertificateAuthorityView>>> ListAsync(
        [AsParameters] PageQuery page, string? parentId, ApiCall call, CertificateCatalog catalog)
    {
        var issuerId = parentId is null
            ? null
            : await call.AskAsync(caller => catalog.FindAuthorityIdAsync(caller, parentId, call.Aborted));
        return TypedResults.Ok(await call.AskAsync(caller =>
            catalog.ListAuthoritiesAsync(caller, issuerId, page.GetBefore(IdPrefixes.CertificateAuthority), page.GetLimit(), call.Aborted)));
    }

    /// <summary>Gets an internal CA. Product administrators only.</summary>
    internal static async Task<Ok<CertificateAuthorityView>> GetAsync(
        string caId, ApiCall call, CertificateAuthorityService authorities) =>
        TypedResults.Ok(await call.AskAsync(caller => authorities.GetAsync(caller, caId, call.Aborted)));

    /// <summary>Revokes an internal CA; no certificate under it can sign any longer. Product administrators only.</summary>
    internal static async Task<Ok<CertificateAuthorityView>> RevokeAsync(
        string caId, JsonBody<RevokeCertificate> body, ApiCall call, CertificateAuthorityService authorities) =>
        TypedResults.Ok(await call.AskAsync(caller => authorities.RevokeAsync(caller, caId, body.Value, call.Aborted)));

    /// <summary>Gets a CA's certificate as pem, der, p7b or chain. Public.</summary>
    internal static async Task<FileContentHttpResult> GetCertificateAsync(
        string caId, string? format, ApiCall call, CertificateAuthorityService authorities)
    {
        var wanted = CertificateFormats.Parse(format);
        return (await authorities.GetCertificateAsync(caId, wanted, call.Aborted)).ToResult();
    }

    /// <summary>Gets a CA's current CRL (RFC 5280, section 5) in DER. Public.</summary>
    internal static async Task<FileContentHttpResult> GetRevocationListAsync(
        string caId, ApiCall call, CertificateAuthorityService authorities) =>
        (await authorities.GetRevocationListAsync(caId, call.Aborted)).ToResult();
}
