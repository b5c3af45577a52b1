using System.Buffers.Binary;
using System.Numerics;

namespace Orleans;

/// <summary>
/// XXH32 with seed 0, the hash Orleans spreads reminders by, so that a reminder table keeps its meaning on either host.
/// </summary>
/// <remarks>xxHash fast digest algorithm, section "XXH32 algorithm description".</remarks>
internal static class StableHash
{
    private const uint Prime1 = 0x9E3779B1, Prime2 = 0x85EBCA77, Prime3 = 0xC2B2AE3D, Prime4 = 0x27D4EB2F, Prime5 = 0x165667B1;

    internal static uint ComputeHash(ReadOnlySpan<byte> data)
    {
        var length = (uint)data.Length;
        var hash = Prime5;
        if (data.Length >= 16)
        {
            Span<uint> lanes = [unchecked(Prime1 + Prime2), Prime2, 0, unchecked(0 - Prime1)];
            for (; data.Length >= 16; data = data[16..])
                for (var lane = 0; lane < 4; lane++)
                    lanes[lane] = BitOperations.RotateLeft(lanes[lane] + Word(data[(lane * 4)..]) * Prime2, 13) * Prime1;
            hash = BitOperations.RotateLeft(lanes[0], 1) + BitOperations.RotateLeft(lanes[1], 7)
                + BitOperations.RotateLeft(lanes[2], 12) + BitOperations.RotateLeft(lanes[3], 18);
        }

        hash += length;
        for (; data.Length >= 4; data = data[4..])
            hash = BitOperations.RotateLeft(hash + Word(data) * Prime3, 17) * Prime4;
        foreach (var octet in data)
            hash = BitOperations.RotateLeft(hash + octet * Prime5, 11) * Prime1;

        hash = (hash ^ (hash >> 15)) * Prime2;
        hash = (hash ^ (hash >> 13)) * Prime3;
        hash ^= hash >> 16;

        // Orleans takes the bytes of the canonical, big-endian form for a little-endian number.
        return BinaryPrimitives.ReverseEndianness(hash);
    }

    private static uint Word(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadUInt32LittleEndian(data);
}
