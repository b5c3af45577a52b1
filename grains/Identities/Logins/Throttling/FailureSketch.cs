namespace CodeSigning.Grains.Identities.Logins.Throttling;

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
