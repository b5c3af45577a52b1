using System.Diagnostics;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Problems;

/// <summary>
/// Renders what was refused, what failed and what the framework answered without a body. A fault is logged whole under an
/// id; the client gets the id and nothing else of it.
/// </summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
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
            await ProblemWriter.WriteAsync(context, ExceptionProblems.Find(exception) ?? Fault(context, exception));
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
        {
            await ProblemWriter.WriteAsync(context, ExceptionProblems.FromStatus(context.Response.StatusCode));
        }
    }

    private Problem Fault(HttpContext context, Exception exception)
    {
        var id = Activity.Current?.TraceId.ToHexString() ?? Guid.NewGuid().ToString("n");
        log.LogError(
            exception, "Fault {FaultId} in {Method} {Route}", id, context.Request.Method, context.GetEndpoint()?.DisplayName);
        return new Problem(ErrorCode.Unavailable, $"Something failed inside the server. Its log tells more under {id}.")
        {
            Status = StatusCodes.Status500InternalServerError,
        };
    }
}
