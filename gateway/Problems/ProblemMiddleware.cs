namespace CodeSigning.Gateway.Problems;

/// <summary>Renders what was refused, what failed, and what the framework answered without a body.</summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ProblemDescriber describer)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (IsGone(context, exception))
        {
            context.Response.StatusCode = ClientClosedRequest; // Nobody is there to read it; it is for the metrics.
            EndConnection(context);
            return;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            // The type itself is what binding a parameter throws; Kestrel's own is below it.
            if (exception is BadHttpRequestException && exception.GetType() != typeof(BadHttpRequestException))
            {
                EndConnection(context);
            }

            await ProblemWriter.WriteAsync(context, describer.Describe(context, exception));
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
        {
            await ProblemWriter.WriteAsync(context, ExceptionProblems.FromStatus(context.Response.StatusCode));
        }
    }

    private static bool IsGone(HttpContext context, Exception exception) =>
        context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException;

    // A body that broke off leaves nothing from which a next request could be read; Kestrel, which is not told of the
    // exception, would try and complain.
    private static void EndConnection(HttpContext context)
    {
        if (!context.Response.HasStarted && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }
}
