using System.Security.Cryptography;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>
/// The OpenAPI document as it is sent. It is the same for everybody and until the process ends, and takes long to make: it is
/// made once, by the first who asks, and by one at a time.
/// </summary>
internal sealed class OpenApiDocumentCache(
    [FromKeyedServices(OpenApiSetup.DocumentName)] IOpenApiDocumentProvider documents) : IDisposable
{
    private readonly SemaphoreSlim _making = new(1);
    private volatile MadeDocument? _made;

    /// <summary>The document.</summary>
    public async ValueTask<MadeDocument> GetAsync(CancellationToken cancellationToken)
    {
        if (_made is { } made)
        {
            return made;
        }

        await _making.WaitAsync(cancellationToken);
        try
        {
            return _made ??= await MakeAsync(cancellationToken);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _making.Dispose();

    private async Task<MadeDocument> MakeAsync(CancellationToken cancellationToken)
    {
        var document = await documents.GetOpenApiDocumentAsync(cancellationToken);
        var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1, cancellationToken);
        var bytes = json.ToArray();
        return new MadeDocument(bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\""));
    }

    /// <param name="Json">UTF-8.</param>
    /// <param name="Tag">Its strong validator (RFC 9110, section 8.8.3).</param>
    internal sealed record MadeDocument(byte[] Json, EntityTagHeaderValue Tag);
}
