using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Gateway.Pages.Components;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Reads the files of a certificate and its key that a form sent.</summary>
internal static class PostedImport
{
    /// <summary>The import that the posted form describes.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: there is no file.</exception>
    public static async Task<ImportCertificate> ReadAsync(PageBase page, CancellationToken cancellationToken)
    {
        var import = new ImportCertificate(
            await BytesOfAsync(page, "pkcs12", cancellationToken),
            page.PostedAsTyped("password"),
            await TextOfAsync(page, "certificatePem", cancellationToken),
            await TextOfAsync(page, "chainPem", cancellationToken),
            await TextOfAsync(page, "privateKeyPem", cancellationToken),
            page.Posted("allowSharedKey") is not null);
        return import is { Pkcs12: null, CertificatePem: null }
            ? throw new RefusedException(ErrorCode.InvalidRequest, "The field 'pkcs12' is missing: choose a PKCS#12 file, or a certificate and its key.")
            : import;
    }

    private static async Task<ReadOnlyMemory<byte>?> BytesOfAsync(PageBase page, string field, CancellationToken cancellationToken)
    {
        if (page.Http.Request.Form.Files[field] is not { Length: > 0 } file)
        {
            return null;
        }

        var bytes = new byte[file.Length];
        await using var stream = file.OpenReadStream();
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    // Certificates may be DER, which the import takes as base64.
    private static async Task<string?> TextOfAsync(PageBase page, string field, CancellationToken cancellationToken) =>
        await BytesOfAsync(page, field, cancellationToken) is { } bytes
            ? bytes.Span.ContainsAnyExceptInRange((byte)'\t', (byte)'~') ? Convert.ToBase64String(bytes.Span) : System.Text.Encoding.UTF8.GetString(bytes.Span)
            : null;
}
