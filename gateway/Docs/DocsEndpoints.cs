using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary><c>/openapi/v1.json</c>, and the page at <c>/docs</c> that shows it. Both come whole from this server.</summary>
internal static class DocsEndpoints
{
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private static readonly Dictionary<string, string> Links = new()
    {
        ["api"] = "/api/v1",
        ["description"] = "/openapi/v1.json",
        ["docs"] = "/docs",
    };

    /// <summary>
    /// Serves the page, and links in place of the first page to JSON clients that ask for the bare address. Its files are no
    /// endpoints.
    /// </summary>
    public static void UseDocs(this WebApplication app)
    {
        app.Use((context, next) =>
            HttpMethods.IsGet(context.Request.Method) && context.Request.Path == "/" && IsForJson(context.Request)
                ? context.Response.WriteAsJsonAsync(Links, context.RequestAborted)
                : next(context));
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments("/docs"),
            docs =>
            {
                docs.Use((context, next) =>
                {
                    context.Response.Headers.ContentSecurityPolicy = PagePolicy;
                    context.Response.Headers.CacheControl = "no-cache";
                    return next(context);
                });
                docs.UseSwaggerUI(page =>
                {
                    page.RoutePrefix = "docs";
                    page.DocumentTitle = "Code signing: the API";
                    page.SwaggerEndpoint("/openapi/v1.json", "v1");
                    page.ConfigObject.DefaultModelsExpandDepth = -1;
                });
            });
    }

    private static bool IsForJson(HttpRequest request)
    {
        var types = request.Headers.Accept.ToString();
        return types.Contains("application/json", StringComparison.Ordinal) && !types.Contains("text/html", StringComparison.Ordinal);
    }

    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/openapi/v1.json", GetDocumentAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<FileContentHttpResult> GetDocumentAsync(OpenApiDocumentCache documents, HttpContext http)
    {
        var document = await documents.GetAsync(http.RequestAborted);
        http.Response.Headers.CacheControl = "no-cache"; // Cached, but revalidated by its ETag.
        return TypedResults.Bytes(document.Json, "application/json;charset=utf-8", entityTag: document.Tag);
    }
}

/// <summary>
/// The serialized OpenAPI document. It is the same for everyone and expensive to build, so it is built once, on the
/// first request.
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
