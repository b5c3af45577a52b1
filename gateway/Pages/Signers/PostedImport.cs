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
        var file = await Upload.ReadAsync(page.Http, "pkcs12", cancellationToken);
        var import = new ImportCertificate(
            file is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(file),
            page.PostedAsTyped("password"),
            await Upload.ReadTextAsync(page.Http, "certificatePem", cancellationToken),
            await Upload.ReadTextAsync(page.Http, "chainPem", cancellationToken),
            await Upload.ReadSecretAsync(page.Http, "privateKeyPem", cancellationToken),
            page.Posted("allowSharedKey") is not null);
        return import is { Pkcs12: null, CertificatePem: null }
            ? throw new RefusedException(ErrorCode.InvalidRequest, "The field 'pkcs12' is missing: choose a PKCS#12 file, or a certificate and its key.")
            : import;
    }
}
