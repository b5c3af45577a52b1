using System.Globalization;
using System.Text.Json;
using CodeSigning.Errors;
using CodeSigning.Gateway.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Orleans.Runtime.Messaging;

namespace CodeSigning.Gateway.Problems;

/// <summary>Renders refusals, faults, and the framework's responses without a body.</summary>
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
            context.Response.StatusCode = ClientClosedRequest; // For the metrics only: the client has disconnected.
            EndConnection(context);
            return;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            // Parameter binding throws this exact type; Kestrel throws a derived one.
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

    // After a truncated body no further request can be read; Kestrel, which does not see the exception, would try.
    private static void EndConnection(HttpContext context)
    {
        if (!context.Response.HasStarted && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }
}

/// <summary>Writes problems as responses.</summary>
internal static class ProblemWriter
{
    private const string ContentType = "application/problem+json";

    /// <summary>Responds with the problem. The response must not have started.</summary>
    public static async Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.Headers.ETag = default;
        response.Headers.ContentDisposition = default;
        if (problem.RetryAfter is { } wait)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        await JsonAnswer.WriteAsync(context, json => WriteDocument(json, problem), ContentType);
    }

    /// <summary>Writes the problem as a JSON object.</summary>
    public static void WriteDocument(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject();
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("title"u8, ErrorCodeTable.TitleOf(problem.Code));
        json.WriteString("detail"u8, problem.Detail);
        json.WriteString("code"u8, problem.Code.ToString());
        foreach (var (name, text) in problem.Members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(text);
        }

        json.WriteEndObject();
    }
}

/// <summary>The problems of exceptions.</summary>
internal static class ExceptionProblems
{
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What a stopping node gave up: work that waited in it, or a call that the stopping home of an object rejected with its own cause.
    /// </summary>
    public static Problem GivenUp { get; } = new(
        ErrorCode.Unavailable, "A node stopped during the operation: retry with an Idempotency-Key, so that nothing is done twice.")
    {
        RetryAfter = ShortWait,
    };

    /// <summary>The problem of an exception; null for an internal fault.</summary>
    public static Problem? Find(Exception exception) => exception switch
    {
        RefusedException refused => new Problem(refused.Code, refused.Message)
        {
            RetryAfter = refused.RetryAfter ?? WaitFor(refused.Code),
            Members = refused.Members,
        },
        CommitRefusedException { Reason: CommitRefusal.NameTaken } =>
            new Problem(ErrorCode.NameTaken, "The name is or was in use: choose another name."),
        CommitRefusedException =>
            new Problem(ErrorCode.Conflict, "The object was changed concurrently: read it again and retry."),
        LedgerUnavailableException => new Problem(
            ErrorCode.Unavailable, "The ledger is temporarily unavailable, so nothing was done: retry.")
        {
            RetryAfter = ShortWait,
        },
        TimeoutException => new Problem(ErrorCode.Unavailable, "The operation timed out: retry with an Idempotency-Key, so that nothing is done twice.")
        {
            RetryAfter = ShortWait,
        },
        // The cluster is detecting a dead node; see docs/architecture.md.
        OrleansMessageRejectionException or ConnectionFailedException or OrleansLifecycleCanceledException => new Problem(
            ErrorCode.Unavailable,
            "The node of this object is temporarily unavailable: retry with an Idempotency-Key, so that nothing is done twice.")
        {
            RetryAfter = ShortWait,
        },
        StoreUnavailableException => new Problem(ErrorCode.Unavailable, "The store is temporarily unavailable: retry.")
        {
            RetryAfter = ShortWait,
        },
        // Parameter binding throws this exact type; Kestrel throws a derived one.
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad when bad.GetType() == typeof(BadHttpRequestException) =>
            new Problem(ErrorCode.InvalidRequest, "The query has a parameter that is malformed or given twice."),
        BadHttpRequestException bad => FromStatus(bad.StatusCode),
        _ => null,
    };

    /// <summary>The problem of a status that the framework responded with, without a body.</summary>
    public static Problem FromStatus(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => new Problem(ErrorCode.Unauthenticated, "The token is missing or invalid: send it as 'Authorization: Bearer'."),
        StatusCodes.Status403Forbidden => new Problem(ErrorCode.Forbidden, "You may not do this."),
        StatusCodes.Status404NotFound => new Problem(ErrorCode.NotFound, "The path does not exist or is not visible to you."),
        StatusCodes.Status405MethodNotAllowed => Malformed(status, "The method is not allowed for this path: see the Allow header."),
        StatusCodes.Status408RequestTimeout => Malformed(status, "The request was received too slowly."),
        StatusCodes.Status413PayloadTooLarge => new Problem(ErrorCode.TooLarge, "The request body is too large."),
        StatusCodes.Status415UnsupportedMediaType => Malformed(status, "The content type is not supported: send the body as application/json in UTF-8."),
        _ => Malformed(status is >= 400 and < 500 ? status : 400, "The request is not valid HTTP."),
    };

    private static Problem Malformed(int status, string detail) => new(ErrorCode.InvalidRequest, detail) { Status = status };

    private static TimeSpan? WaitFor(ErrorCode code) =>
        code is ErrorCode.RateLimited or ErrorCode.Unavailable ? ShortWait : null;
}
