using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Gateway.Pages.Components;

namespace CodeSigning.Gateway.Pages.Certificates;

/// <summary>An attestation that a form uploads.</summary>
internal static class PostedAttestation
{
    /// <summary>The field of the form, named as the API names the file's bytes.</summary>
    public const string Field = "content";

    /// <summary>Reads the file.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>: none was chosen.</exception>
    public static async Task<AttachAttestation> ReadAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var content = await Upload.ReadAsync(http, Field, cancellationToken)
            ?? throw new RefusedException(ErrorCode.InvalidRequest, $"The field '{Field}' is missing: choose a file that is not empty.");
        var name = Path.GetFileName(http.Request.Form.Files.GetFile(Field)!.FileName);
        return new AttachAttestation(name, MediaTypeOf(name), content);
    }

    // Browsers name media types by what is installed on the person's machine.
    private static string MediaTypeOf(string fileName) => Path.GetExtension(fileName).ToLowerInvariant() switch
    {
        ".txt" or ".log" or ".json" => "text/plain",
        ".pdf" => "application/pdf",
        ".zip" => "application/zip",
        ".gz" or ".tgz" => "application/gzip",
        ".pem" => "application/x-pem-file",
        ".cer" or ".crt" or ".der" => "application/pkix-cert",
        _ => "application/octet-stream",
    };
}
