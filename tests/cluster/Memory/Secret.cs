using System.Security.Cryptography;
using System.Text;

namespace CodeSigning.Cluster.Tests.Memory;

/// <summary>Bytes that memory must not hold, in one of the forms that they may have there.</summary>
/// <param name="Name">What is told of it where it is found.</param>
/// <param name="Bytes">A piece of it, long enough that it is nowhere by chance.</param>
internal sealed record Secret(string Name, byte[] Bytes)
{
    // Enough to recover the rest, and shorter than what an allocator overwrites at the start of what was freed.
    private const int PieceLength = 16;

    /// <summary>The numbers of a private key that give the key away.</summary>
    public static IEnumerable<Secret> OfKey(string name, AsymmetricAlgorithm key)
    {
        if (key is RSA rsa)
        {
            // The file has no leading zeros, which the parameters have in one of some two hundred keys.
            var (numbers, file) = (rsa.ExportParameters(true), rsa.ExportPkcs8PrivateKey());
            var exponent = numbers.D.AsSpan().TrimStart((byte)0);
            return
            [
                .. OfNumber($"{name}: p", numbers.P!), .. OfNumber($"{name}: q", numbers.Q!), .. OfNumber($"{name}: d", numbers.D!),
                .. OfNumber($"{name}: dp", numbers.DP!), .. OfNumber($"{name}: dq", numbers.DQ!), .. OfNumber($"{name}: qinv", numbers.InverseQ!),
                .. OfFile($"{name}: PKCS#8", file, file.AsSpan().IndexOf(exponent)),
            ];
        }

        var (scalar, pkcs8) = (((ECDsa)key).ExportParameters(true).D!, key.ExportPkcs8PrivateKey());
        return [.. OfNumber($"{name}: d", scalar), .. OfFile($"{name}: PKCS#8", pkcs8, pkcs8.AsSpan().IndexOf(scalar))];
    }

    /// <summary>A number, big-endian as in DER, and little-endian as in the limbs of OpenSSL's and .NET's big numbers.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="bigEndian">The number.</param>
    public static IEnumerable<Secret> OfNumber(string name, byte[] bigEndian)
    {
        foreach (var place in new[] { 0, (bigEndian.Length - PieceLength) / 2, bigEndian.Length - PieceLength }.Distinct())
        {
            var piece = bigEndian[place..(place + PieceLength)];
            yield return new Secret($"{name}, big-endian", piece);
            yield return new Secret($"{name}, little-endian", [.. piece.Reverse()]);
        }
    }

    /// <summary>
    /// Bytes of a file as base64, in each of the three alignments, and at two places, since PEM may have an end of line at one.
    /// </summary>
    /// <param name="name">What it is.</param>
    /// <param name="file">The file.</param>
    /// <param name="secretAt">Where its secret begins.</param>
    public static IEnumerable<Secret> OfFile(string name, byte[] file, int secretAt)
    {
        foreach (var place in new[] { 0, 1, 2, 14, 15, 16 })
        {
            foreach (var form in Text(Convert.ToBase64String(file.AsSpan(secretAt + place, 15))))
            {
                yield return new Secret($"{name}, base64{form.Name}", form.Bytes);
            }
        }
    }

    /// <summary>A text, in UTF-8 and in UTF-16 of either order.</summary>
    public static IEnumerable<Secret> OfText(string name, string text) =>
        Text(text).Select(form => new Secret(name + form.Name, form.Bytes));

    private static IEnumerable<(string Name, byte[] Bytes)> Text(string text) =>
    [
        (" in UTF-8", Encoding.UTF8.GetBytes(text)), (" in UTF-16", Encoding.Unicode.GetBytes(text)),
        (" in UTF-16BE", Encoding.BigEndianUnicode.GetBytes(text)),
    ];
}
