using System.Security.Cryptography;

namespace CodeSigning.Silo.Ledger.Entries;

/// <summary>Reads what <see cref="EntryPlacing"/> wrote: an entry's text ends with the hash of the same text without that member.</summary>
internal static class EntryText
{
    private const int HashLength = 2 * SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Member => ",\"hash\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    /// <summary>The hash that an entry states, lower-case hex.</summary>
    /// <returns>False where the text does not end as an entry does.</returns>
    public static bool TryGetStatedHash(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> hash)
    {
        hash = default;
        var start = text.Length - Member.Length - HashLength - End.Length;
        if (start < 1 || !text[start..].StartsWith(Member) || !text.EndsWith(End))
        {
            return false;
        }

        hash = text.Slice(start + Member.Length, HashLength);
        return true;
    }

    /// <summary>The hash that an entry's text has; the text ends as an entry does.</summary>
    public static byte[] ComputeHash(ReadOnlySpan<byte> text)
    {
        var body = text[..^(Member.Length + HashLength + End.Length)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(body);
        hash.AppendData("}"u8);
        return hash.GetHashAndReset();
    }
}
