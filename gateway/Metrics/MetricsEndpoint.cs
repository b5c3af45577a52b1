using System.Security.Cryptography;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Budgets;

namespace CodeSigning.Gateway.Metrics;

/// <summary><c>/metrics</c>: what the meters of this process say, as OpenMetrics 1.0 text.</summary>
/// <remarks>
/// The exporter's own endpoint lends its one buffer to each reader, so a client that reads slowly keeps the next scrape
/// waiting, and it collects anew for each format and compresses for each client. Here it writes into memory, in one format,
/// once for all that ask at the same time.
/// </remarks>
internal static class MetricsEndpoint
{
    private const string OpenMetrics = "application/openmetrics-text;version=1.0.0";

    /// <summary>Maps it.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="token">The bearer token that it asks for; null for none.</param>
    public static void MapMetrics(this IEndpointRouteBuilder routes, string? token)
    {
        var required = token is null ? null : SHA256.HashData(Encoding.ASCII.GetBytes($"Bearer {token}"));
        var exporter = routes.CreateApplicationBuilder().UseOpenTelemetryPrometheusScrapingEndpoint(static _ => true).Build();
        var scrapes = new SharedRun<Scrape>(() => ScrapeAsync(exporter));
        routes.MapGet("/metrics", context => AnswerAsync(context, scrapes, required))
            .AllowAnonymous()
            .WithMetadata(EndpointLimits.Probe)
            .ExcludeFromDescription();
    }

    private static async Task<Scrape> ScrapeAsync(RequestDelegate exporter)
    {
        using var text = new MemoryStream();
        var context = new DefaultHttpContext { Request = { Headers = { Accept = OpenMetrics } }, Response = { Body = text } };
        await exporter(context);
        return context.Response.StatusCode == StatusCodes.Status200OK
            ? new Scrape(text.ToArray(), context.Response.ContentType)
            : throw new InvalidOperationException("The metrics could not be collected, or are larger than they may be.");
    }

    private static async Task AnswerAsync(HttpContext context, SharedRun<Scrape> scrapes, byte[]? required)
    {
        // Digests are compared, so that neither the token's length nor its beginning shows in the time.
        if (required is not null
            && !CryptographicOperations.FixedTimeEquals(required, SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()))))
        {
            throw new RefusedException(ErrorCode.Unauthenticated, "The metrics ask for the token of CODESIGNING_METRICS_TOKEN, as 'Authorization: Bearer'.");
        }

        var scrape = await scrapes.AskAsync().WaitAsync(context.RequestAborted);
        context.Response.ContentType = scrape.ContentType;
        context.Response.ContentLength = scrape.Text.Length;
        await context.Response.BodyWriter.WriteAsync(scrape.Text, context.RequestAborted);
    }

    private sealed record Scrape(ReadOnlyMemory<byte> Text, string? ContentType);
}
