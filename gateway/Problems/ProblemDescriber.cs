using System.Collections.Immutable;
using System.Diagnostics;
using CodeSigning.Grains.Ledger;

namespace CodeSigning.Gateway.Problems;

/// <summary>
/// Finds the problem of any exception. A fault is logged whole under an id, by the ledger where it arose there; the client
/// gets the id and nothing else of it.
/// </summary>
internal sealed class ProblemDescriber(ILogger<ProblemDescriber> log)
{
    /// <summary>The problem to tell the client of.</summary>
    public Problem Describe(HttpContext context, Exception exception)
    {
        if (ExceptionProblems.Find(exception) is { } known)
        {
            return known;
        }

        var id = exception is ElementFailedException { ErrorId: { } logged } ? logged : Log(context, exception);
        return new Problem(
            ErrorCode.InternalError,
            $"Something failed inside the server. Look whether it was done before you ask again; the server's log tells more under {id}.")
        {
            Members = ImmutableDictionary<string, string>.Empty.Add("errorId", $"\"{id}\""),
        };
    }

    private string Log(HttpContext context, Exception exception)
    {
        var id = Activity.Current?.TraceId.ToHexString() ?? Guid.NewGuid().ToString("n");
        log.LogError(
            exception, "Fault {ErrorId} in {Method} {Route}", id, context.Request.Method, context.GetEndpoint()?.DisplayName);
        return id;
    }
}
