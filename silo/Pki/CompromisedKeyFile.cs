using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Reads a list of compromised keys. In a text each line names one key, and <c>#</c> begins a remark:
/// <list type="bullet">
/// <item>20 hexadecimal digits: the last ones of the SHA-1 of what <c>openssl rsa -noout -modulus</c> prints (Debian's
/// openssl-blacklist);</item>
/// <item>64 hexadecimal digits, or 44 characters of base64: the SHA-256 of the SubjectPublicKeyInfo. The keys and dashes of
/// YAML, as in the blocked keys of Boulder, are passed over.</item>
/// </list>
/// A file whose name ends in <c>.dat</c> is the blocklist of badkeys: sorted blocks of 16 bytes, of which 15 begin the
/// SHA-256 of the RSA modulus or of the x of an EC point, and the last says where the key is from.
/// </summary>
internal static class CompromisedKeyFile
{
    private const int BlockLength = 16;
    private const int InfoDigits = 2 * SHA256.HashSizeInBytes;

    private static readonly SearchValues<char> Space = SearchValues.Create(" \t");

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no such list; the message says where and why, and nothing of its content.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static CompromisedKeyList Read(string path)
    {
        var list = Path.GetExtension(path) == ".dat" ? ReadBlocks(path) : ReadLines(path);
        return list.Count > 0 ? list : throw new InvalidDataException("it names no key");
    }

    private static CompromisedKeyList ReadBlocks(string path)
    {
        var content = File.ReadAllBytes(path);
        if (content.Length % BlockLength != 0)
        {
            throw new InvalidDataException("it is no blocklist of badkeys: expected blocks of 16 bytes (unpack it where it is compressed)");
        }

        var numbers = new ulong[content.Length / BlockLength];
        for (var block = 0; block < numbers.Length; block++)
        {
            numbers[block] = KeyFingerprints.Cut(content.AsSpan(block * BlockLength));
            if (block > 0 && numbers[block] < numbers[block - 1])
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture, $"it is no blocklist of badkeys: block {block + 1} is smaller than the one before"));
            }
        }

        return new CompromisedKeyList(Path.GetFileName(path), [], numbers, []);
    }

    private static CompromisedKeyList ReadLines(string path)
    {
        var (moduli, infos, number) = (new List<ulong>(), new List<ulong>(), 0);
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var rest = line.AsSpan().Trim();
            if (rest.IsEmpty || rest[0] == '#' || rest.SequenceEqual("blocked:") || rest.SequenceEqual("blockedHashesHex:"))
            {
                continue;
            }

            var word = FirstWord(rest);
            if (!TryReadModulus(word, moduli) && !TryReadInfo(word, infos))
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"line {number} is invalid: expected 20 hexadecimal digits (openssl-blacklist), or a SHA-256 of a SubjectPublicKeyInfo as 64 hexadecimal digits or base64"));
            }
        }

        return new CompromisedKeyList(Path.GetFileName(path), moduli, [], infos);
    }

    private static ReadOnlySpan<char> FirstWord(ReadOnlySpan<char> line)
    {
        if (line.StartsWith("- "))
        {
            line = line[2..].TrimStart();
        }

        var end = line.IndexOfAny(Space);
        return (end < 0 ? line : line[..end]).Trim("\"'");
    }

    private static bool TryReadModulus(ReadOnlySpan<char> word, List<ulong> moduli)
    {
        Span<byte> digest = stackalloc byte[KeyFingerprints.ModulusDigits / 2];
        return word.Length == KeyFingerprints.ModulusDigits && Add(moduli, digest, TryReadHex(word, digest));
    }

    private static bool TryReadInfo(ReadOnlySpan<char> word, List<ulong> infos)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        return word.Length == InfoDigits
            ? Add(infos, digest, TryReadHex(word, digest))
            : Add(infos, digest, Convert.TryFromBase64Chars(word, digest, out var length) && length == digest.Length);
    }

    private static bool TryReadHex(ReadOnlySpan<char> word, Span<byte> digest) =>
        Convert.FromHexString(word, digest, out _, out _) == OperationStatus.Done;

    private static bool Add(List<ulong> fingerprints, ReadOnlySpan<byte> digest, bool isRead)
    {
        if (isRead)
        {
            fingerprints.Add(KeyFingerprints.Cut(digest));
        }

        return isRead;
    }
}
