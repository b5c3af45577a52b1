using System.Globalization;
using System.Text.Json;
using CodeSigning.Errors;
using CodeSigning.Gateway.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Orleans.Runtime.Messaging;

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

/// <summary>The one place where a problem becomes a response.</summary>
internal static class ProblemWriter
{
    private const string ContentType = "application/problem+json";

    /// <summary>Answers with the problem. The response must not have started.</summary>
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

/// <summary>What a client is told of an exception.</summary>
internal static class ExceptionProblems
{
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(1);

    /// <summary>The problem of an exception; null where the exception is a fault of the service.</summary>
    public static Problem? Find(Exception exception) => exception switch
    {
        RefusedException refused => new Problem(refused.Code, refused.Message)
        {
            RetryAfter = refused.RetryAfter ?? WaitFor(refused.Code),
            Members = refused.Members,
        },
        CommitRefusedException { Reason: CommitRefusal.NameTaken } =>
            new Problem(ErrorCode.NameTaken, "The name is, or was, another's. Choose another."),
        CommitRefusedException =>
            new Problem(ErrorCode.Conflict, "It changed at the same time. Read it again, and ask again."),
        LedgerUnavailableException => new Problem(
            ErrorCode.Unavailable, "The ledger cannot be written at the moment, so nothing was done. Ask again.")
        {
            RetryAfter = ShortWait,
        },
        TimeoutException => new Problem(ErrorCode.Unavailable, "It took too long. Ask again; with an Idempotency-Key nothing is done twice.")
        {
            RetryAfter = ShortWait,
        },
        // The cluster is about to find out that a node is gone; see docs/architecture.md.
        OrleansMessageRejectionException or ConnectionFailedException or OrleansLifecycleCanceledException => new Problem(
            ErrorCode.Unavailable,
            "The node that keeps this cannot be reached at the moment. Retry; with an Idempotency-Key nothing is done twice.")
        {
            RetryAfter = ShortWait,
        },
        StoreUnavailableException => new Problem(ErrorCode.Unavailable, "The store is temporarily unavailable: retry later. Ask again.")
        {
            RetryAfter = ShortWait,
        },
        // Kestrel's own is of a type below this one; this type itself is what binding a parameter throws.
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad when bad.GetType() == typeof(BadHttpRequestException) =>
            new Problem(ErrorCode.InvalidRequest, "A parameter of the query is given twice, or has not the form that the contract gives it."),
        BadHttpRequestException bad => FromStatus(bad.StatusCode),
        _ => null,
    };

    /// <summary>The problem of a status that the framework answered with, without a body of its own.</summary>
    public static Problem FromStatus(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => new Problem(ErrorCode.Unauthenticated, "Send a valid token as Authorization: Bearer."),
        StatusCodes.Status403Forbidden => new Problem(ErrorCode.Forbidden, "You may not do this."),
        StatusCodes.Status404NotFound => new Problem(ErrorCode.NotFound, "There is nothing at this address, or you may not know of it."),
        StatusCodes.Status405MethodNotAllowed => Malformed(status, "This address does not take this method; the Allow header names those it takes."),
        StatusCodes.Status408RequestTimeout => Malformed(status, "The request came too slowly."),
        StatusCodes.Status413PayloadTooLarge => new Problem(ErrorCode.TooLarge, "The request's body is too large."),
        StatusCodes.Status415UnsupportedMediaType => Malformed(status, "Send the body as application/json in UTF-8."),
        _ => Malformed(status is >= 400 and < 500 ? status : 400, "The request is not HTTP as this server expects it."),
    };

    private static Problem Malformed(int status, string detail) => new(ErrorCode.InvalidRequest, detail) { Status = status };

    private static TimeSpan? WaitFor(ErrorCode code) =>
        code is ErrorCode.RateLimited or ErrorCode.Unavailable ? ShortWait : null;
}
