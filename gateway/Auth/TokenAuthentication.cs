using System.Security.Cryptography;
using CodeSigning.Errors;
using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.Options;

namespace CodeSigning.Gateway.Auth;

/// <summary>
/// Authenticates requests by bearer token in the header (RFC 6750, section 2.1), or by the same token in a cookie
/// (<see cref="SessionCookie"/>), never in a query or a body.
/// </summary>
internal sealed class TokenAuthentication(
    SessionCache cache, LiveSessions sessions, IStateStore store, AddressRates rates, IOptions<TokenAuthenticationOptions> options)
{
    private const string Scheme = "Bearer ";
    private const string IdempotencyKey = "Idempotency-Key";

    private readonly bool _isStoreShared = options.Value.IsStoreShared;

    /// <summary>The caller of the request's token, with its read set.</summary>
    /// <param name="context">The request.</param>
    /// <param name="fresh">Whether to check the store even if the session is cached.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RefusedException">
    /// <c>Unauthenticated</c>: there is no valid token; <c>Forbidden</c>: a page of another site may have sent the cookie.
    /// </exception>
    public ValueTask<Caller> AuthenticateAsync(HttpContext context, bool fresh, CancellationToken cancellationToken)
    {
        var token = ReadToken(context);
        var cached = cache.Find(token.Span);
        if (cached is null)
        {
            return ReadNewAsync(context, token, cancellationToken);
        }

        return fresh || (_isStoreShared && !IsCheckedAtCommit(context))
            ? RecheckAsync(context, token, cached, cancellationToken)
            : new ValueTask<Caller>(cached.From(context.Connection.RemoteIpAddress));
    }

    private static ReadOnlyMemory<char> ReadToken(HttpContext context)
    {
        if (SessionCookie.Find(context.Request) is not { } cookie)
        {
            return PageEndpoint.IsOf(context)
                ? throw new RefusedException(ErrorCode.Unauthenticated, "Sign in to see this page.")
                : ReadHeader(context).AsMemory(Scheme.Length);
        }

        SessionCookie.RequireOwnPage(context.Request);
        return cookie.AsMemory();
    }

    private static string ReadHeader(HttpContext context)
    {
        var values = context.Request.Headers.Authorization;
        return values.Count == 1 && values[0] is { } header
            && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header
            : throw new RefusedException(ErrorCode.Unauthenticated, "The token is missing: send it as 'Authorization: Bearer'.");
    }

    // A stored idempotent answer is repeated without a commit, so the caller must be checked.
    private static bool IsCheckedAtCommit(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<CallerCheckedAtCommit>() is not null
        && !context.Request.Headers.ContainsKey(IdempotencyKey);

    private async ValueTask<Caller> RecheckAsync(
        HttpContext context, ReadOnlyMemory<char> token, CachedSession cached, CancellationToken cancellationToken)
    {
        var stale = await store.FindStaleAsync(cached.Caller.ReadSet, cancellationToken);
        if (stale.Count == 0)
        {
            return cached.From(context.Connection.RemoteIpAddress);
        }

        cache.Drop(cached);
        return await ReadAsync(context, token, cancellationToken);
    }

    // Invented tokens cost a read of the store each, so they are rate-limited by address.
    private async ValueTask<Caller> ReadNewAsync(
        HttpContext context, ReadOnlyMemory<char> token, CancellationToken cancellationToken)
    {
        var address = context.Connection.RemoteIpAddress;
        if (SessionToken.TryGetKey(token.Span, out _) && rates.Take(AnonymousKind.Tokens, address) is { } wait)
        {
            throw new RefusedException(
                ErrorCode.RateLimited, "Too many invalid tokens from this address: retry after the time in Retry-After.")
            {
                RetryAfter = wait,
            };
        }

        var caller = await ReadAsync(context, token, cancellationToken);
        rates.GiveBack(AnonymousKind.Tokens, address);
        return caller;
    }

    private async ValueTask<Caller> ReadAsync(
        HttpContext context, ReadOnlyMemory<char> token, CancellationToken cancellationToken)
    {
        var dropsBefore = cache.Drops;
        if (await FindAsync(token, cancellationToken) is not { } session || !IsProven(token.Span, session))
        {
            throw new RefusedException(ErrorCode.Unauthenticated, "The token is invalid or has expired: sign in again.");
        }

        cache.Add(token.Span, session, dropsBefore);
        return session.From(context.Connection.RemoteIpAddress);
    }

    private async Task<CachedSession?> FindAsync(ReadOnlyMemory<char> token, CancellationToken cancellationToken) =>
        SessionToken.TryGetKey(token.Span, out var key)
        && await sessions.FindAsync(SessionToken.ToSessionId(key), cancellationToken) is { } live
            ? new CachedSession(live)
            : null;

    private static bool IsProven(ReadOnlySpan<char> token, CachedSession session)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SessionToken.Hash(token, hash);
        return session.IsOf(hash);
    }
}

/// <summary>The options of token authentication.</summary>
internal sealed class TokenAuthenticationOptions
{
    /// <summary>
    /// Whether other nodes write to the store too. Cached sessions are then compared with the store at each request,
    /// except where the commit does so.
    /// </summary>
    public bool IsStoreShared { get; set; }

    /// <summary>The capacity of the cache; the oldest entry is evicted first.</summary>
    public int CacheCapacity { get; set; } = 50_000;
}
