using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Recovery codes, for whoever lost the authenticator app: 100 random bits as four groups of five characters of Crockford's
/// base 32. They are too random to be guessed, so that a fast hash keeps them.
/// </summary>
internal static class RecoveryCodes
{
    /// <summary>The number of codes that are made at once.</summary>
    public const int Count = 10;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int GroupLength = 5;
    private const int Length = 4 * GroupLength;

    /// <summary>Creates all codes of a person.</summary>
    public static ImmutableArray<string> New() => [.. Enumerable.Range(0, Count).Select(_ => NewOne())];

    /// <summary>The hashes of codes as they are stored.</summary>
    public static ImmutableArray<byte[]> Hash(string userId, ImmutableArray<string> codes) =>
        [.. codes.Select(code => Hash(userId, Normalize(code)))];

    /// <summary>The hash among these that belongs to a code; null if there is none.</summary>
    public static byte[]? Find(ImmutableArray<byte[]> hashes, string userId, string code)
    {
        var hash = Hash(userId, Normalize(code));
        byte[]? found = null;
        foreach (var one in hashes)
        {
            if (CryptographicOperations.FixedTimeEquals(one, hash))
            {
                found = one;
            }
        }

        return found;
    }

    private static string NewOne() => string.Join(
        '-', RandomNumberGenerator.GetString(Alphabet, Length).Chunk(GroupLength).Select(group => new string(group)));

    private static string Normalize(string code) =>
        code.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();

    private static byte[] Hash(string userId, string code) => SHA256.HashData(Encoding.UTF8.GetBytes($"{userId}\n{code}"));
}
