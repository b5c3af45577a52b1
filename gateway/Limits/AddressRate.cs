using System.Net;
using CodeSigning.Grains.Identities.Logins;

namespace CodeSigning.Gateway.Limits;

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
