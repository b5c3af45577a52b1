using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Counts failures by key, for a bounded number of keys. When full, it evicts expired keys first, then those with the
/// fewest failures, so a flood of keys that fail once evicts only itself and no blocked key. The counts of evicted keys
/// are kept approximately (<see cref="FailureSketch"/>), so eviction resets no count. Not thread-safe.
/// </summary>
internal sealed class FailureTable(int capacity, TimeSpan memory)
{
    private const int MostFailuresApart = 128;

    // Strangers choose the keys: a salted hash prevents precomputed collisions and bounds the memory of a key.
    private static readonly byte[] Salt = RandomNumberGenerator.GetBytes(16);

    private readonly Dictionary<UInt128, LinkedListNode<FailureRecord>> _records = [];
    private readonly LinkedList<FailureRecord>?[] _byFailures = new LinkedList<FailureRecord>?[MostFailuresApart];
    private readonly FailureSketch _pushedOut = new(memory);

    /// <summary>The number of keys in the table.</summary>
    public int Count => _records.Count;

    /// <summary>The key of an untrusted text.</summary>
    public static UInt128 KeyOf(string text)
    {
        var hash = SHA256.HashData([.. Salt, .. Encoding.UTF8.GetBytes(text)]);
        return new UInt128(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, sizeof(ulong)));
    }

    /// <summary>The record of a key, or null. Does not change the table.</summary>
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

/// <summary>The failures of one account, address, or pair of both.</summary>
/// <param name="Key">The key.</param>
/// <param name="Failures">The number of failures that count.</param>
/// <param name="LastFailure">The time of the last failure (UTC).</param>
/// <param name="BlockedUntil">The end of the block (UTC).</param>
internal sealed record FailureRecord(UInt128 Key, int Failures, DateTimeOffset LastFailure, DateTimeOffset BlockedUntil)
{
    public bool IsBlockedAt(DateTimeOffset now) => BlockedUntil > now;
}

/// <summary>
/// Estimates the failures of any number of keys in bounded memory (a count-min sketch that keeps the maximum of each
/// cell): never too few, and too many only if each of four other keys shares a cell. Entries are forgotten after one to
/// two memory spans. Memory is allocated on first use.
/// </summary>
internal sealed class FailureSketch(TimeSpan memory)
{
    private const int Rows = 4;
    private const int Width = 1 << 19;
    private const int PartBits = 32;

    private byte[]? _recent;
    private byte[]? _before;
    private DateTimeOffset _since;

    /// <summary>The estimated number of failures of a key.</summary>
    public int Estimate(UInt128 key, DateTimeOffset now)
    {
        Age(now);
        return Math.Max(Least(_recent, key), Least(_before, key));
    }

    /// <summary>Raises the estimate of a key to at least this number.</summary>
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

    // The key is a 128-bit hash: each row uses its own 32 bits.
    private static int Cell(UInt128 key, int row) => (row * Width) + (int)((uint)(key >> (row * PartBits)) % Width);
}
