using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Grains.Identities;

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

/// <summary>What is remembered of one account, address, or pair of them that failed.</summary>
/// <param name="Key">Names it.</param>
/// <param name="Failures">How many failures count.</param>
/// <param name="LastFailure">When the last of them was (UTC).</param>
/// <param name="BlockedUntil">Until when nothing more is tried (UTC).</param>
internal sealed record FailureRecord(UInt128 Key, int Failures, DateTimeOffset LastFailure, DateTimeOffset BlockedUntil)
{
    public bool IsBlockedAt(DateTimeOffset now) => BlockedUntil > now;
}

/// <summary>
/// Remembers roughly, in a memory that does not grow, how often any number of keys failed: never too few, and too many only
/// where each of four other keys shares a cell with it (a count-min sketch that keeps the greatest of each cell). What it
/// learned is forgotten after one to two spans of memory. It takes no memory before it learns anything.
/// </summary>
internal sealed class FailureSketch(TimeSpan memory)
{
    private const int Rows = 4;
    private const int Width = 1 << 19;
    private const int PartBits = 32;

    private byte[]? _recent;
    private byte[]? _before;
    private DateTimeOffset _since;

    /// <summary>How often a key failed, as far as is known.</summary>
    public int Estimate(UInt128 key, DateTimeOffset now)
    {
        Age(now);
        return Math.Max(Least(_recent, key), Least(_before, key));
    }

    /// <summary>Notes that a key failed so often at least.</summary>
    public void Raise(UInt128 key, int failures, DateTimeOffset now)
    {
        Age(now);
        _recent ??= new byte[Rows * Width];
        var count = (byte)Math.Min(failures, byte.MaxValue);
        for (var row = 0; row < Rows; row++)
        {
            ref var cell = ref _recent[Cell(key, row)];
            cell = Math.Max(cell, count);
        }
    }

    private void Age(DateTimeOffset now)
    {
        var age = now - _since;
        if (age < memory)
        {
            return;
        }

        _before = age < 2 * memory ? _recent : null;
        _recent = null;
        _since = now;
    }

    private static int Least(byte[]? cells, UInt128 key)
    {
        if (cells is null)
        {
            return 0;
        }

        var least = byte.MaxValue;
        for (var row = 0; row < Rows; row++)
        {
            least = Math.Min(least, cells[Cell(key, row)]);
        }

        return least;
    }

    // The key is a hash of many bits: each row takes its own.
    private static int Cell(UInt128 key, int row) => (row * Width) + (int)((uint)(key >> (row * PartBits)) % Width);
}
