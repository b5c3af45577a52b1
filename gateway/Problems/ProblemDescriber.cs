using System.Diagnostics;
using CodeSigning.Errors;

namespace CodeSigning.Gateway.Problems;

/// <summary>
/// Finds the problem of any exception. A fault is logged whole under an id; the client gets the id and nothing else of it.
/// </summary>
internal sealed class ProblemDescriber(ILogger<ProblemDescriber> log)
{
    /// <summary>The problem to tell the client of.</summary>
    public Problem Describe(HttpContext context, Exception exception)
    {
        if (ExceptionProblems.Find(exception) is { } known)
            return known;

        var id = Activity.Current?.TraceId.ToHexString() ?? Guid.NewGuid().ToString("n");
        log.LogError(
            exception, "Fault {FaultId} in {Method} {Route}", id, context.Request.Method, context.GetEndpoint()?.DisplayName);
        return new Problem(ErrorCode.Unavailable, $"Something failed inside the server. Its log tells more under {id}.")
        {
            Status = StatusCodes.Status500InternalServerError,
        };
    }
}
