using System.Buffers;
using System.Security.Cryptography;

namespace CodeSigning.Identifiers;

/// <summary>
/// Ids such as <c>sgn_01k9…</c>: a prefix that names the kind, then 26 characters of Crockford's base 32 in lower case:
/// 48 bits of time in milliseconds and 80 random bits. They sort by time of creation, and no name can have their form,
/// since names hold no underscore.
/// </summary>
public static class EntityId
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);
    private const int TimeLength = 10;
    private const int RandomLength = 16;

    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 32;

    /// <summary>Makes a new id of a kind, at a time.</summary>
    public static string New(string prefix, TimeProvider time)
    {
        Span<byte> random = stackalloc byte[RandomLength];
        RandomNumberGenerator.Fill(random);
        Span<char> text = stackalloc char[TimeLength + RandomLength];
        var milliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = TimeLength - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(milliseconds & 31)];
            milliseconds >>= 5;
        }

        for (var i = 0; i < RandomLength; i++)
        {
            text[TimeLength + i] = Alphabet[random[i] & 31];
        }

        return string.Concat(prefix, "_", text);
    }

    /// <summary>Whether a text has the form of an id of this kind.</summary>
    public static bool Is(string prefix, string? text)
    {
        if (text is null || text.Length != prefix.Length + 1 + TimeLength + RandomLength
            || !text.StartsWith(prefix, StringComparison.Ordinal) || text[prefix.Length] != '_')
        {
            return false;
        }

        return text.AsSpan(prefix.Length + 1).IndexOfAnyExcept(Characters) < 0;
    }
}
