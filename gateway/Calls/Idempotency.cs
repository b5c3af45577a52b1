using System.Security.Cryptography;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Calls;

/// <summary>
/// Reads <c>Idempotency-Key</c> and finds its stored answer. The answer is committed together with the act.
/// </summary>
internal static class Idempotency
{
    private const string Header = "Idempotency-Key";
    private const int MaxLength = 128;

    /// <summary>The idempotency key of a request with the request's hash; null if there is none.</summary>
    /// <exception cref="RefusedException">The key is malformed.</exception>
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
            throw new RefusedException(ErrorCode.InvalidRequest, $"The header {Header} is invalid: expected 1 to {MaxLength} visible ASCII characters, once.");
        }

        var scope = ScopeOf(context);
        return new IdempotencyKey(scope, key, Hash(scope, context.Request.QueryString.Value, body));
    }

    /// <summary>The stored answer of a key as JSON; null if there is none.</summary>
    /// <exception cref="RefusedException">The key was used for a different request.</exception>
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
                ErrorCode.IdempotencyMismatch, $"The {Header} was used for a different request: use a new key for a new request.");
    }

    // The path itself is not canonical: letter case, a trailing slash, and names instead of ids may differ.
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

/// <summary>Implements <c>Idempotency-Key</c>: a repeated request gets the first answer again.</summary>
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
            // A concurrent request with the same key was first.
            return await answers.FindAnswerAsync(caller, key, http.RequestAborted) is { } other
                ? new KeptAnswer(status, other)
                : throw new CommitRefusedException("The stored answer no longer exists.", refused);
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
    /// <summary>Accepts <c>Idempotency-Key</c>; repeated answers have this status.</summary>
    public static RouteHandlerBuilder TakesIdempotencyKey(this RouteHandlerBuilder endpoint, int status = StatusCodes.Status200OK) =>
        endpoint.AddEndpointFilter(new IdempotencyFilter(status)).WithMetadata(new TakesIdempotencyKey());
}

/// <summary>Marks endpoints that take an idempotency key, for the OpenAPI document.</summary>
internal sealed class TakesIdempotencyKey;
