using System.Net;
using CodeSigning.Errors;
using CodeSigning.Gateway.Problems;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authorization;

namespace CodeSigning.Gateway.Limits;

/// <summary>Kinds of requests of unauthenticated clients. Each kind has its own bucket per address.</summary>
internal enum AnonymousKind
{
    /// <summary>Public documents, unknown paths, and requests without a valid token.</summary>
    Requests,

    /// <summary>Probes, which are never refused.</summary>
    Probes,

    /// <summary>Machine logins, which cost a read of the store.</summary>
    MachineLogins,

    /// <summary>Logins of people, which cost a slow hash.</summary>
    PersonLogins,

    /// <summary>Tokens not cached by this node, which cost a read of the store; refunded if valid.</summary>
    Tokens,

    /// <summary>TLS handshakes, which cost a signature; refunded once a caller is authenticated on the connection.</summary>
    Handshakes,
}

/// <summary>
/// Rate limits per address for requests without a token. A thousand CI jobs that start at once behind one address get
/// in; a higher sustained rate does not.
/// </summary>
internal sealed class AddressRates(GatewaySettings settings, TimeProvider time)
{
    // Allows a thousand jobs to log in twice.
    private const int JobsAtOnce = 40;

    // Enough for an office, and a tenth of a processor's time in hashes.
    private const double PersonShare = 0.1;
    private const double PersonsAtOnce = 2;

    private const double RequestsAtOnce = 10;
    private const double ProbesAtOnce = 4;

    // Clients that share an address with a flood succeed after a few tries, and the flood gets a part of one core.
    private const double HandshakeShare = 8;

    private readonly AddressRate[] _rates =
        [.. Enum.GetValues<AnonymousKind>().Select(kind => Create(kind, settings.AnonymousRequestsPerSecond, time))];

    /// <summary>Takes a token.</summary>
    /// <returns>Null, or the delay until one is available.</returns>
    public TimeSpan? Take(AnonymousKind kind, IPAddress? address) =>
        address is null || settings.IsTrustedProxy(address) ? null : _rates[(int)kind].Take(address);

    /// <summary>Returns a token.</summary>
    public void GiveBack(AnonymousKind kind, IPAddress? address)
    {
        if (address is not null && !settings.IsTrustedProxy(address))
        {
            _rates[(int)kind].GiveBack(address);
        }
    }

    private static AddressRate Create(AnonymousKind kind, double perSecond, TimeProvider time) => kind switch
    {
        AnonymousKind.Requests => new AddressRate(perSecond, RequestsAtOnce * perSecond, time),
        AnonymousKind.Probes => new AddressRate(perSecond, ProbesAtOnce * perSecond, time),
        AnonymousKind.PersonLogins => new AddressRate(PersonShare * perSecond, PersonsAtOnce * perSecond, time),
        AnonymousKind.Handshakes => new AddressRate(HandshakeShare * perSecond, JobsAtOnce * perSecond, time),
        _ => new AddressRate(perSecond, JobsAtOnce * perSecond, time),
    };
}

/// <summary>
/// Token buckets per address (an IPv6 /64 is one), in constant memory: addresses share buckets by a hash that is keyed
/// per process. So a flood of addresses evicts none, and emptying a bucket that another address shares by chance
/// requires thousands of addresses at full rate.
/// </summary>
/// <remarks>Not a <c>PartitionedRateLimiter</c>, whose memory grows with the number of addresses, and which takes no token back.</remarks>
/// <param name="perSecond">The refill rate in tokens per second.</param>
/// <param name="atOnce">The capacity of a bucket.</param>
/// <param name="time">The clock.</param>
internal sealed class AddressRate(double perSecond, double atOnce, TimeProvider time)
{
    private const int Buckets = 1 << 14;

    // Each bucket is the time at which it is full again (generic cell rate algorithm, ITU-T I.371).
    private readonly long[] _fullAt = new long[Buckets];
    private readonly long _perToken = (long)Math.Ceiling(time.TimestampFrequency / perSecond);
    private readonly long _perBucket = (long)Math.Ceiling(time.TimestampFrequency * atOnce / perSecond);

    /// <summary>Takes a token.</summary>
    /// <returns>Null, or the delay until one is available.</returns>
    public TimeSpan? Take(IPAddress address)
    {
        ref var bucket = ref BucketOf(address);
        while (true)
        {
            var now = time.GetTimestamp();
            var before = Volatile.Read(ref bucket);
            var after = Math.Max(before, now) + _perToken;
            if (after - now > _perBucket)
            {
                return time.GetElapsedTime(now, after - _perBucket);
            }

            if (Interlocked.CompareExchange(ref bucket, after, before) == before)
            {
                return null;
            }
        }
    }

    /// <summary>Returns a token.</summary>
    public void GiveBack(IPAddress address) => Interlocked.Add(ref BucketOf(address), -_perToken);

    private ref long BucketOf(IPAddress address) => ref _fullAt[(uint)ClientNetwork.Of(address).GetHashCode() % Buckets];
}

/// <summary>
/// Limits requests without a valid token by address. Beyond the rate a response is delayed, to slow the client down,
/// and is then a refusal. Probes are only delayed, by less than their time-out, since they may share the address of a
/// flood.
/// </summary>
internal sealed class AnonymousRateMiddleware(RequestDelegate next, AddressRates rates, TimeProvider time)
{
    private const int MostOnConnection = 8;
    private const int MostRefusalsOnConnection = 100;
    private const int MostWaiting = 2000;
    private static readonly TimeSpan BeforeRefusal = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeforeProbe = TimeSpan.FromSeconds(0.5);

    private int _waiting;

    public Task InvokeAsync(HttpContext context) =>
        KindOf(context) is { } kind ? AnswerWithinRateAsync(context, kind) : AuthenticateWithinRateAsync(context);

    private async Task AnswerWithinRateAsync(HttpContext context, AnonymousKind kind)
    {
        var connection = context.Features.Get<ClientConnection>();
        if (connection?.TryBeginAnonymous(MostOnConnection) == false)
        {
            await RefuseAsync(context, TimeSpan.FromSeconds(1));
            return;
        }

        try
        {
            if (rates.Take(kind, context.Connection.RemoteIpAddress) is not { } wait)
            {
                await next(context);
            }
            else if (!await WaitAsync(context, kind == AnonymousKind.Probes ? BeforeProbe : BeforeRefusal))
            {
                connection?.Abort();
            }
            else if (kind == AnonymousKind.Probes)
            {
                await next(context);
            }
            else
            {
                await RefuseAsync(context, wait);
            }
        }
        finally
        {
            connection?.EndAnonymous();
        }
    }

    /// <summary>The kind of a request without a token; null for one with a token to be checked.</summary>
    private static AnonymousKind? KindOf(HttpContext context)
    {
        // Endpoints that are no route endpoints are unknown paths or the framework's own 405 and 415 responses.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            return AnonymousKind.Requests;
        }

        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return (endpoint.Metadata.GetMetadata<EndpointLimits>() ?? EndpointLimits.Usual).Anonymous;
        }

        var headers = context.Request.Headers;
        return headers.Authorization.Count == 0 && headers.Cookie.Count == 0 ? AnonymousKind.Requests : null;
    }

    private async Task AuthenticateWithinRateAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (RefusedException refused) when (context.Features.Get<Caller>() is null)
        {
            var wait = refused.Code == ErrorCode.RateLimited
                ? refused.RetryAfter
                : rates.Take(AnonymousKind.Requests, context.Connection.RemoteIpAddress);
            if (wait is null)
            {
                throw;
            }

            if (await WaitAsync(context, BeforeRefusal))
            {
                await RefuseAsync(context, wait.Value);
            }
            else
            {
                context.Features.Get<ClientConnection>()?.Abort();
            }
        }
    }

    /// <summary>Delays a response.</summary>
    /// <returns>False if too many responses are delayed already.</returns>
    private async Task<bool> WaitAsync(HttpContext context, TimeSpan wait)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MostWaiting)
            {
                return false;
            }

            await Task.Delay(wait, time, context.RequestAborted);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static async Task RefuseAsync(HttpContext context, TimeSpan wait)
    {
        var problem = new Problem(
            ErrorCode.RateLimited, "Too many requests without a valid token from this address: retry after the time in Retry-After.")
        {
            RetryAfter = wait,
        };
        await ProblemWriter.WriteAsync(context, problem);
        if (context.Features.Get<ClientConnection>() is { } connection && connection.CountRefusal() > MostRefusalsOnConnection)
        {
            connection.Abort();
        }
    }
}
