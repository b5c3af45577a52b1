using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace CodeSigning.Cluster.Tests.Memory;

/// <summary>The memory of another process, as whoever takes a dump of it sees it.</summary>
internal static class ProcessMemory
{
    private const int ChunkLength = 4 * 1024 * 1024;

    // Kernel pages that no reader of another process gets.
    private static readonly string[] Unreadable = ["[vvar]", "[vsyscall]", "[vvar_vclock]"];

    /// <summary>Finds which secrets are in the memory, and how often; the process must stand still meanwhile.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="secrets">What to look for.</param>
    public static IReadOnlyDictionary<string, int> Count(int processId, IReadOnlyCollection<Secret> secrets)
    {
        var search = new Search(secrets);
        var overlap = secrets.Max(secret => secret.Bytes.Length) - 1;
        var buffer = new byte[ChunkLength + overlap];
        using var memory = File.OpenHandle($"/proc/{processId}/mem");
        foreach (var (start, end) in ReadableRegions(processId))
        {
            var kept = 0; // The end of the chunk before, in which a secret may begin.
            for (var place = start; place < end; place += ChunkLength)
            {
                var wanted = (int)Math.Min(ChunkLength, end - place);
                var seen = buffer.AsSpan(0, kept + Read(memory, buffer.AsSpan(kept, wanted), place));
                search.Count(seen, kept);
                kept = Math.Min(overlap, seen.Length);
                seen[^kept..].CopyTo(buffer);
            }
        }

        return search.Counts;
    }

    private static IEnumerable<(long Start, long End)> ReadableRegions(int processId)
    {
        foreach (var line in File.ReadAllLines($"/proc/{processId}/maps"))
        {
            var fields = line.Split(' ', 6);
            if (fields[1][0] == 'r' && !Unreadable.Contains(fields[5].Trim()))
            {
                var range = fields[0].Split('-');
                yield return (Parse(range[0]), Parse(range[1]));
            }
        }
    }

    private static long Parse(string hex) => long.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    // Pages of a file that became shorter cannot be read.
    private static int Read(SafeFileHandle memory, Span<byte> destination, long place)
    {
        try
        {
            return RandomAccess.Read(memory, destination, place);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Searches for all secrets at once, by their first four bytes.</summary>
    private sealed class Search
    {
        private readonly ILookup<uint, Secret> _byStart;
        private readonly bool[] _starts = new bool[1 << 20];

        public Search(IReadOnlyCollection<Secret> secrets)
        {
            _byStart = secrets.ToLookup(secret => BinaryPrimitives.ReadUInt32LittleEndian(secret.Bytes));
            foreach (var start in _byStart)
            {
                _starts[Place(start.Key)] = true;
            }

            Counts = secrets.Select(secret => secret.Name).Distinct().ToDictionary(name => name, _ => 0);
        }

        public Dictionary<string, int> Counts { get; }

        /// <summary>Counts those that do not lie within what was seen before.</summary>
        public void Count(ReadOnlySpan<byte> memory, int seenBefore)
        {
            for (var place = 0; place + sizeof(uint) <= memory.Length; place++)
            {
                var start = BinaryPrimitives.ReadUInt32LittleEndian(memory[place..]);
                if (!_starts[Place(start)])
                {
                    continue;
                }

                foreach (var secret in _byStart[start])
                {
                    var isNew = place + secret.Bytes.Length > seenBefore;
                    Counts[secret.Name] += isNew && memory[place..].StartsWith(secret.Bytes) ? 1 : 0;
                }
            }
        }

        private static uint Place(uint start) => start * 2654435761u >> 12;
    }
}
