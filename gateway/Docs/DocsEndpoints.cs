using Microsoft.AspNetCore.Http.HttpResults;

namespace CodeSigning.Gateway.Docs;

/// <summary><c>/openapi/v1.json</c>, and the page at <c>/docs</c> that shows it. Both come whole from this server.</summary>
internal static class DocsEndpoints
{
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /// <summary>Serves the page. Its files are no endpoints.</summary>
    public static void UseDocs(this WebApplication app)
    {
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

    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/openapi/v1.json", GetDocumentAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<FileContentHttpResult> GetDocumentAsync(OpenApiDocumentCache documents, HttpContext http)
    {
        var document = await documents.GetAsync(http.RequestAborted);
        http.Response.Headers.CacheControl = "no-cache"; // Kept, and asked for again by its tag.
        return TypedResults.Bytes(document.Json, "application/json;charset=utf-8", entityTag: document.Tag);
    }
}
