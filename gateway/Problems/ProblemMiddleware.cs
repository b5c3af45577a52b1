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
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = ClientClosedRequest; // Nobody is there to read it; it is for the metrics.
            return;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await ProblemWriter.WriteAsync(context, describer.Describe(context, exception));
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
        {
            await ProblemWriter.WriteAsync(context, ExceptionProblems.FromStatus(context.Response.StatusCode));
        }
    }
}
