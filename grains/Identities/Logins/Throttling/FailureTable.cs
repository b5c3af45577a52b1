using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Grains.Identities.Logins.Throttling;

/// <summary>
/// Remembers failures by key, a bounded number of keys. Where it is full, what has expired goes first, then what failed least,
/// so that a flood of keys that fail once pushes out itself and nothing that is blocked. How often what was pushed out had
/// failed is kept roughly (<see cref="FailureSketch"/>), so that nobody starts anew by being pushed out. Not safe for use by
/// several threads.
/// </summary>
internal sealed class FailureTable(int capacity, TimeSpan memory)
{
    private const int MostFailuresApart = 128;

    // Keys are chosen by strangers: what is kept of one is a hash, whose collisions nobody can compute beforehand.
    private static readonly byte[] Salt = RandomNumberGenerator.GetBytes(16);

    private readonly Dictionary<UInt128, LinkedListNode<FailureRecord>> _records = [];
    private readonly LinkedList<FailureRecord>?[] _byFailures = new LinkedList<FailureRecord>?[MostFailuresApart];
    private readonly FailureSketch _pushedOut = new(memory);

    /// <summary>How many keys are remembered.</summary>
    public int Count => _records.Count;

    /// <summary>The key of what strangers name.</summary>
    public static UInt128 KeyOf(string text)
    {
        var hash = SHA256.HashData([.. Salt, .. Encoding.UTF8.GetBytes(text)]);
        return new UInt128(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, sizeof(ulong)));
    }

    /// <summary>What is remembered of a key; null where nothing is. To look changes nothing.</summary>
    public FailureRecord? Find(UInt128 key, DateTimeOffset now) =>
        _records.TryGetValue(key, out var node) && !IsExpired(node.Value, now) ? node.Value : null;

    /// <summary>Counts a failure.</summary>
    public FailureRecord Fail(UInt128 key, ThrottleRule rule, DateTimeOffset now)
    {
        var failures = 1 + (Find(key, now)?.Failures ?? _pushedOut.Estimate(key, now));
        Forget(key);
        var record = new FailureRecord(key, failures, now, now + rule.DelayAfter(failures));
        var alike = _byFailures[Level(record)] ??= new LinkedList<FailureRecord>();
        _records.Add(key, alike.AddLast(record));
        if (_records.Count > capacity)
        {
            PushOut(now);
        }

        return record;
    }

    /// <summary>Forgets a key.</summary>
    public void Forget(UInt128 key)
    {
        if (_records.Remove(key, out var node))
        {
            _byFailures[Level(node.Value)]!.Remove(node);
        }
    }

    private void PushOut(DateTimeOffset now)
    {
        FailureRecord? least = null;
        foreach (var alike in _byFailures)
        {
            if (alike?.First?.Value is not { } oldest)
            {
                continue;
            }

            if (IsExpired(oldest, now))
            {
                Forget(oldest.Key);
                return;
            }

            least ??= oldest;
        }

        Forget(least!.Key);
        _pushedOut.Raise(least.Key, least.Failures, now);
    }

    private bool IsExpired(FailureRecord record, DateTimeOffset now) => record.LastFailure < now - memory;

    private static int Level(FailureRecord record) => Math.Min(record.Failures, MostFailuresApart) - 1;
}
