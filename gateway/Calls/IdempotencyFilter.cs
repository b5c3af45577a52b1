using CodeSigning.Grains.Ledger;

namespace CodeSigning.Gateway.Calls;

/// <summary>Gives an endpoint <c>Idempotency-Key</c>: a request that was answered before gets the first answer again.</summary>
internal sealed class IdempotencyFilter(int status) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var body = await RequestBody.ReadAsync(http);
        if (Idempotency.ReadKey(http, body.Span) is not { } key)
        {
            return await next(context);
        }

        var answers = http.RequestServices.GetRequiredService<IAnswerStore>();
        var caller = http.GetCaller() with { Retry = key };
        if (await answers.FindAnswerAsync(caller, key, http.RequestAborted) is { } first)
        {
            return new KeptAnswer(status, first);
        }

        http.Features.Set(caller);
        try
        {
            return await next(context);
        }
        catch (CommitRefusedException refused) when (refused.Reason == CommitRefusal.AlreadyAnswered)
        {
            // The same request is under way twice, and the other one was first.
            return await answers.FindAnswerAsync(caller, key, http.RequestAborted) is { } other
                ? new KeptAnswer(status, other)
                : throw new CommitRefusedException("The answer was kept and is gone.", refused);
        }
    }

    private sealed class KeptAnswer(int status, ReadOnlyMemory<byte> json) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "application/json; charset=utf-8";
            httpContext.Response.ContentLength = json.Length;
            await httpContext.Response.BodyWriter.WriteAsync(json, httpContext.RequestAborted);
        }
    }
}

/// <summary>Declares endpoints that take an idempotency key.</summary>
internal static class IdempotencyEndpoints
{
    /// <summary>The endpoint takes <c>Idempotency-Key</c>, and its first answer has this status.</summary>
    public static RouteHandlerBuilder TakesIdempotencyKey(this RouteHandlerBuilder endpoint, int status = StatusCodes.Status200OK) =>
        endpoint.AddEndpointFilter(new IdempotencyFilter(status)).WithMetadata(new TakesIdempotencyKey());
}

/// <summary>Marks endpoints that take an idempotency key, for the OpenAPI document.</summary>
internal sealed class TakesIdempotencyKey;
