using System.Security.Cryptography;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// Reads <c>Idempotency-Key</c> and finds what was answered to it before. The answer is committed with the act itself, so
/// that there is either both or neither.
/// </summary>
internal static class Idempotency
{
    private const string Header = "Idempotency-Key";
    private const int MaxLength = 128;

    /// <summary>The key of a request with what it asks; null where it bears none.</summary>
    /// <exception cref="RefusedException">The key has not the form that the contract gives it.</exception>
    public static IdempotencyKey? ReadKey(HttpContext context, ReadOnlySpan<byte> body)
    {
        var values = context.Request.Headers[Header];
        if (values.Count == 0)
        {
            return null;
        }

        var key = values.Count == 1 ? values[0] : null;
        if (string.IsNullOrEmpty(key) || key.Length > MaxLength || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"{Header} must be 1 to {MaxLength} visible ASCII characters, once.");
        }

        var scope = ScopeOf(context);
        return new IdempotencyKey(scope, key, Hash(scope, context.Request.QueryString.Value, body));
    }

    /// <summary>What was answered to this key before, as the JSON that was sent; null where nothing was.</summary>
    /// <exception cref="RefusedException">It was used to ask for something else.</exception>
    public static async Task<ReadOnlyMemory<byte>?> FindAnswerAsync(
        this IAnswerStore answers, Caller caller, IdempotencyKey key, CancellationToken cancellationToken)
    {
        if (await answers.FindAsync(caller.Id, key.Scope, key.Key, cancellationToken) is not { } known)
        {
            return null;
        }

        return CryptographicOperations.FixedTimeEquals(known.RequestHash.Span, Convert.FromHexString(key.RequestHash))
            ? known.Answer
            : throw new RefusedException(
                ErrorCode.IdempotencyMismatch, $"This {Header} was used with another content. Take a new one for a new request.");
    }

    // Not the path as it was written: that has upper and lower case, a slash at its end or none, and names in place of ids.
    private static string ScopeOf(HttpContext context)
    {
        var route = ((RouteEndpoint)context.GetEndpoint()!).RoutePattern;
        var scope = new StringBuilder($"{context.Request.Method} {route.RawText}");
        foreach (var parameter in route.Parameters)
        {
            scope.Append(' ').Append(context.Request.RouteValues[parameter.Name]);
        }

        return scope.ToString();
    }

    /// <summary>Lower-case hex SHA-256 over the call and its body.</summary>
    private static string Hash(string scope, string? query, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(scope + query + "\n"));
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

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
