using CodeSigning.Certificates;
using CodeSigning.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Api.Certificates;

/// <summary>The spelling of <see cref="CertificateFormat"/> in queries, and the answer that is a file.</summary>
internal static class CertificateFormats
{
    /// <summary>Reads a format; PEM where none is given.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static CertificateFormat Parse(string? format) => format switch
    {
        null or "pem" => CertificateFormat.Pem,
        "der" => CertificateFormat.Der,
        "p7b" => CertificateFormat.P7b,
        "chain" => CertificateFormat.Chain,
        _ => throw new RefusedException(ErrorCode.InvalidRequest, "The format is one of pem, der, p7b, chain."),
    };

    /// <summary>Tells the OpenAPI document which media types the formats have.</summary>
    public static void ProducesCertificate(this RouteHandlerBuilder endpoint) => endpoint.Produces<byte[]>(
        StatusCodes.Status200OK,
        "application/x-pem-file",
        "application/pkix-cert",
        "application/x-pkcs7-certificates",
        "application/pem-certificate-chain");

    /// <summary>The file as an answer.</summary>
    public static FileContentHttpResult ToResult(this CertificateFile file) =>
        TypedResults.File(file.Content.ToArray(), file.ContentType, file.FileName);
}
