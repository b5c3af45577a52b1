using System.Collections.Immutable;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// Lists of keys that others have or can make, as the operator has them, beside what <see cref="RsaKeyQuality"/> knows by
/// itself. What is on one is not brought in, nor believed: neither as the key of a certificate or of a CA above it, nor as
/// that of an OIDC issuer.
/// </summary>
public sealed class CompromisedKeys
{
    private readonly ImmutableArray<CompromisedKeyList> _lists;

    private CompromisedKeys(ImmutableArray<CompromisedKeyList> lists) => _lists = lists;

    /// <summary>No list.</summary>
    public static CompromisedKeys None { get; } = new([]);

    /// <summary>How many keys the lists name.</summary>
    public int Count => _lists.Sum(list => list.Count);

    /// <summary>The lists' names, sorted.</summary>
    public IEnumerable<string> Names => _lists.Select(list => list.Name);

    /// <summary>Reads a list, or all lists of a directory; files whose names begin with a dot are none.</summary>
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
                mistakes.Add($"{path} holds no list of compromised keys.");
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

    /// <summary>The name of a list that a key is on; null for none.</summary>
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

    /// <summary>Refuses a certificate whose key, or that of a CA above it, is on a list.</summary>
    /// <exception cref="CertificateRefusedException">It is.</exception>
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
                    $"The chain is broken: '{authority.Subject}' can be forged by anybody, since its key is in the list of compromised keys '{found}'.");
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
            mistakes.Add($"{file} is no list of compromised keys: {malformed.Message}.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"{file} cannot be read: {unreadable.Message}");
        }
    }
}
