using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// The operator's lists of compromised keys, in addition to the checks of <see cref="RsaKeyQuality"/>. A listed key is
/// refused as the key of a certificate, of a CA above it, or of an OIDC issuer.
/// </summary>
public sealed class CompromisedKeys
{
    private readonly ImmutableArray<CompromisedKeyList> _lists;

    private CompromisedKeys(ImmutableArray<CompromisedKeyList> lists) => _lists = lists;

    /// <summary>No list.</summary>
    public static CompromisedKeys None { get; } = new([]);

    /// <summary>The number of keys in the lists.</summary>
    public int Count => _lists.Sum(list => list.Count);

    /// <summary>The lists' names, sorted.</summary>
    public IEnumerable<string> Names => _lists.Select(list => list.Name);

    /// <summary>Reads a list, or all lists in a directory; files whose names begin with a dot are ignored.</summary>
    /// <param name="path">The file or the directory. For the formats see docs/security.md.</param>
    /// <exception cref="InvalidDataException">The message names each file that cannot be read, with the cause, a sentence each.</exception>
    public static CompromisedKeys Read(string path)
    {
        var mistakes = new List<string>();
        var lists = ImmutableArray.CreateBuilder<CompromisedKeyList>();
        try
        {
            string[] files = Directory.Exists(path) ? [.. FilesIn(path)] : [path];
            if (files.Length == 0)
            {
                mistakes.Add($"The directory {path} contains no list of compromised keys.");
            }

            foreach (var file in files)
            {
                Read(file, lists, mistakes);
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"{path} cannot be read: {unreadable.Message}");
        }

        return mistakes.Count == 0
            ? new CompromisedKeys(lists.DrainToImmutable())
            : throw new InvalidDataException(string.Join(Environment.NewLine, mistakes));
    }

    /// <summary>The name of the list that contains a key; null if none does.</summary>
    /// <param name="subjectPublicKeyInfo">The key (RFC 5280, section 4.1.2.7), DER.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is malformed.</exception>
    public string? FindListOf(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        if (_lists.IsEmpty)
        {
            return null;
        }

        var key = KeyFingerprints.Of(subjectPublicKeyInfo);
        return _lists.FirstOrDefault(list => list.Contains(key))?.Name;
    }

    /// <summary>Refuses a certificate whose key, or the key of a CA above it, is listed.</summary>
    /// <exception cref="CertificateRefusedException">A key is listed.</exception>
    internal void Ensure(IssuedCertificate issued)
    {
        if (FindListOf(issued.Leaf.SubjectPublicKeyInfo.Span) is { } list)
        {
            throw new CertificateRefusedException(
                CertificateRefusal.WeakKey,
                $"The certificate cannot sign code: its key is in the list of compromised keys '{list}'; {CodeSigningRules.MakeNewKey}.");
        }

        foreach (var authority in issued.Chain)
        {
            if (FindListOf(authority.SubjectPublicKeyInfo.Span) is { } found)
            {
                throw new CertificateRefusedException(
                    CertificateRefusal.BrokenChain,
                    $"The chain is broken: '{authority.Subject}' can be forged by anyone, since its key is in the list of compromised keys '{found}'.");
            }
        }
    }

    private static IEnumerable<string> FilesIn(string directory) => Directory.EnumerateFiles(directory)
        .Where(file => Path.GetFileName(file)[0] != '.')
        .Order(StringComparer.Ordinal);

    private static void Read(string file, ImmutableArray<CompromisedKeyList>.Builder lists, List<string> mistakes)
    {
        try
        {
            lists.Add(CompromisedKeyFile.Read(file));
        }
        catch (InvalidDataException malformed)
        {
            mistakes.Add($"{file} is not a list of compromised keys: {malformed.Message}.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"{file} cannot be read: {unreadable.Message}");
        }
    }
}

/// <summary>A list of compromised keys, 8 bytes per key.</summary>
internal sealed class CompromisedKeyList
{
    private readonly ulong[] _moduli;
    private readonly ulong[] _numbers;
    private readonly ulong[] _infos;

    /// <summary>Creates a list from fingerprints in any order.</summary>
    /// <param name="name">The name used in refusals.</param>
    /// <param name="moduli">See <see cref="KeyFingerprints.Modulus"/>.</param>
    /// <param name="numbers">See <see cref="KeyFingerprints.Number"/>.</param>
    /// <param name="infos">See <see cref="KeyFingerprints.Infos"/>.</param>
    public CompromisedKeyList(string name, IEnumerable<ulong> moduli, IEnumerable<ulong> numbers, IEnumerable<ulong> infos)
    {
        Name = name;
        (_moduli, _numbers, _infos) = (Sorted(moduli), Sorted(numbers), Sorted(infos));
    }

    /// <summary>The file's name, used in refusals.</summary>
    public string Name { get; }

    /// <summary>The number of keys.</summary>
    public int Count => _moduli.Length + _numbers.Length + _infos.Length;

    /// <summary>Whether it contains a key.</summary>
    public bool Contains(KeyFingerprints key) =>
        Has(_moduli, key.Modulus) || Has(_numbers, key.Number) || key.Infos.Any(info => Has(_infos, info));

    private static bool Has(ulong[] sorted, ulong? fingerprint) =>
        fingerprint is { } wanted && Array.BinarySearch(sorted, wanted) >= 0;

    private static ulong[] Sorted(IEnumerable<ulong> fingerprints)
    {
        var sorted = fingerprints.ToArray();
        Array.Sort(sorted);
        return sorted;
    }
}

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
    /// <exception cref="InvalidDataException">
    /// It is not such a list; the message says where and why, without its content.
    /// </exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static CompromisedKeyList Read(string path)
    {
        var list = Path.GetExtension(path) == ".dat" ? ReadBlocks(path) : ReadLines(path);
        return list.Count > 0 ? list : throw new InvalidDataException("it contains no key");
    }

    private static CompromisedKeyList ReadBlocks(string path)
    {
        var content = File.ReadAllBytes(path);
        if (content.Length % BlockLength != 0)
        {
            throw new InvalidDataException("it is not a badkeys blocklist: expected blocks of 16 bytes (decompress it first)");
        }

        var numbers = new ulong[content.Length / BlockLength];
        for (var block = 0; block < numbers.Length; block++)
        {
            numbers[block] = KeyFingerprints.Cut(content.AsSpan(block * BlockLength));
            if (block > 0 && numbers[block] < numbers[block - 1])
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture, $"it is not a badkeys blocklist: block {block + 1} is smaller than the one before"));
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

/// <summary>
/// The fingerprints by which lists identify a public key, each cut to 64 bits: with four million listed keys, another
/// key matches by chance in one of 10^12 cases.
/// </summary>
/// <param name="Modulus">RSA: of the last 80 bits of the SHA-1 of what <c>openssl rsa -noout -modulus</c> prints; else null.</param>
/// <param name="Number">Of the SHA-256 of the RSA modulus, or of the point's x, without leading zeros; null for other keys.</param>
/// <param name="Infos">Of the SHA-256 of the SubjectPublicKeyInfo, as it was given and in the usual encoding.</param>
internal sealed record KeyFingerprints(ulong? Modulus, ulong? Number, IReadOnlyList<ulong> Infos)
{
    /// <summary>The number of trailing hexadecimal digits of a SHA-1 in openssl-blacklist.</summary>
    public const int ModulusDigits = 20;

    /// <summary>The fingerprints of a key.</summary>
    /// <param name="subjectPublicKeyInfo">The key (RFC 5280, section 4.1.2.7), DER.</param>
    /// <exception cref="CryptographicException">It is malformed.</exception>
    public static KeyFingerprints Of(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        switch (SubjectPublicKeyInfo.FamilyOf(subjectPublicKeyInfo))
        {
            case SubjectPublicKeyInfo.Family.Rsa or SubjectPublicKeyInfo.Family.RsaPss:
                using (var rsa = RSA.Create())
                {
                    rsa.ImportSubjectPublicKeyInfo(SubjectPublicKeyInfo.Normalize(subjectPublicKeyInfo), out _);
                    var modulus = rsa.ExportParameters(false).Modulus!;
                    return new KeyFingerprints(
                        Cut(Convert.FromHexString(PublishedKeys.FingerprintOf(modulus))),
                        OfNumber(modulus),
                        [OfInfo(subjectPublicKeyInfo), OfInfo(rsa.ExportSubjectPublicKeyInfo())]);
                }

            case SubjectPublicKeyInfo.Family.Ec:
                using (var ecdsa = ECDsa.Create())
                {
                    ecdsa.ImportSubjectPublicKeyInfo(SubjectPublicKeyInfo.Normalize(subjectPublicKeyInfo), out _);
                    return new KeyFingerprints(
                        null,
                        OfNumber(ecdsa.ExportParameters(false).Q.X),
                        [OfInfo(subjectPublicKeyInfo), OfInfo(ecdsa.ExportSubjectPublicKeyInfo())]);
                }

            default:
                return new KeyFingerprints(null, null, [OfInfo(subjectPublicKeyInfo)]);
        }
    }

    /// <summary>The first 64 bits.</summary>
    public static ulong Cut(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt64BigEndian(digest);

    private static ulong OfInfo(ReadOnlySpan<byte> subjectPublicKeyInfo) => Cut(SHA256.HashData(subjectPublicKeyInfo));

    private static ulong OfNumber(ReadOnlySpan<byte> number) => Cut(SHA256.HashData(number.TrimStart((byte)0)));
}
