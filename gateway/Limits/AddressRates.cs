using System.Net;
using CodeSigning.Errors;
using CodeSigning.Gateway.Problems;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Authorization;

namespace CodeSigning.Gateway.Limits;

/// <summary>What somebody asks for who has not been authenticated, or not yet. Each kind has a bucket of its own at each address.</summary>
internal enum AnonymousKind
{
    /// <summary>Public documents, addresses that lead nowhere, and requests without a valid token.</summary>
    Requests,

    /// <summary>Probes, which are never refused.</summary>
    Probes,

    /// <summary>A login of a machine, which costs a look at the store.</summary>
    MachineLogins,

    /// <summary>A login of a person, which costs a slow hash.</summary>
    PersonLogins,

    /// <summary>A token that this node sees for the first time, which costs a look at the store; given back where it is valid.</summary>
    Tokens,

    /// <summary>A TLS handshake, which costs a signature; given back once a caller was authenticated on the connection.</summary>
    Handshakes,
}

/// <summary>
/// How often one address may ask this node for what needs no token. A thousand CI jobs that start at once behind one address
/// get in; what goes on faster than that does not.
/// </summary>
internal sealed class AddressRates(GatewaySettings settings, TimeProvider time)
{
    // A thousand jobs log in twice, should the first time fail.
    private const int JobsAtOnce = 40;

    // An office's people, and a tenth of a processor's time in hashes.
    private const double PersonShare = 0.1;
    private const double PersonsAtOnce = 2;

    private const double RequestsAtOnce = 10;
    private const double ProbesAtOnce = 4;

    // Whoever shares an address with a flood of handshakes gets one in a few tries, and the flood a part of one core.
    private const double HandshakeShare = 8;

    private readonly AddressRate[] _rates =
        [.. Enum.GetValues<AnonymousKind>().Select(kind => Create(kind, settings.AnonymousRequestsPerSecond, time))];

    /// <summary>Takes leave for one.</summary>
    /// <returns>Null, or how long to wait where there is none.</returns>
    public TimeSpan? Take(AnonymousKind kind, IPAddress? address) =>
        address is null || settings.IsTrustedProxy(address) ? null : _rates[(int)kind].Take(address);

    /// <summary>Gives leave back that was taken.</summary>
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
/// A token bucket for each address (an IPv6 /64 is one), in memory that does not grow with their number: addresses share
/// buckets by a hash that is different in each process. So no flood of addresses makes it forget one, and to empty a
/// bucket that somebody else shares by chance, a flood must come from thousands of addresses at full rate.
/// </summary>
/// <param name="perSecond">How many tokens come back in a second.</param>
/// <param name="atOnce">How many tokens a full bucket holds.</param>
/// <param name="time">The clock.</param>
internal sealed class AddressRate(double perSecond, double atOnce, TimeProvider time)
{
    private const int Buckets = 1 << 14;

    // A bucket is the time at which it will be full again (the generic cell rate algorithm of ITU-T I.371).
    private readonly long[] _fullAt = new long[Buckets];
    private readonly long _perToken = (long)Math.Ceiling(time.TimestampFrequency / perSecond);
    private readonly long _perBucket = (long)Math.Ceiling(time.TimestampFrequency * atOnce / perSecond);

    /// <summary>Takes a token.</summary>
    /// <returns>Null, or how long to wait where there is none.</returns>
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

    /// <summary>Gives a token back that was taken.</summary>
    public void GiveBack(IPAddress address) => Interlocked.Add(ref BucketOf(address), -_perToken);

    private ref long BucketOf(IPAddress address) => ref _fullAt[(uint)ClientNetwork.Of(address).GetHashCode() % Buckets];
}

/// <summary>
/// Bounds what is asked without a valid token, by address. Beyond the rate an answer waits, so that whoever goes on
/// asking is slowed down by their own connections, and is then a refusal. Probes are slowed down alone, by less than
/// what a probe waits for: they may come from the address of a flood.
/// </summary>
internal sealed class AnonymousRateMiddleware(RequestDelegate next, AddressRates rates, TimeProvider time)
{
    private const int MostOnConnection = 8;
    private const int MostRefusalsOnConnection = 100;
    private const int MostWaiting = 2000;
    private static readonly TimeSpan BeforeRefusal = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeforeProbe = TimeSpan.FromSeconds(0.5);

    private int _waiting;

    public async Task InvokeAsync(HttpContext context)
    {
        if (KindOf(context) is not { } kind)
        {
            await AuthenticateWithinRateAsync(context);
            return;
        }

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

    /// <summary>What a request asks for without a token; null where it bears one that is to be looked at.</summary>
    private static AnonymousKind? KindOf(HttpContext context)
    {
        // What is no route's endpoint leads nowhere, or is the framework's own way to answer 405 and 415.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            return AnonymousKind.Requests;
        }

        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return (endpoint.Metadata.GetMetadata<EndpointLimits>() ?? EndpointLimits.Usual).Anonymous;
        }

        return context.Request.Headers.Authorization.Count == 0 ? AnonymousKind.Requests : null;
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

    /// <summary>Waits before an answer.</summary>
    /// <returns>False where too many wait already.</returns>
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
            ErrorCode.RateLimited, "Too many requests without a valid token from this address. Retry as Retry-After says.")
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
