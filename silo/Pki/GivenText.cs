using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Contract;

namespace CodeSigning.Silo.Pki;

/// <summary>
/// The text of a file as somebody's editor or shell left it: a byte-order mark at the start of any part, either end of
/// line, base64 in lines or in one, and blocks of PEM joined without an end of line between them.
/// </summary>
internal static class GivenText
{
    private const char ByteOrderMark = '\uFEFF';
    private const string Begin = "-----BEGIN ";

    private static readonly SearchValues<char> Unseen = SearchValues.Create(" \t\r\n\v\f\0");

    /// <summary>The text without byte-order marks, and with each boundary of PEM on a line of its own.</summary>
    public static string Unify(string text) => text
        .Replace(ByteOrderMark.ToString(), "", StringComparison.Ordinal)
        .Replace("-----" + Begin, "-----\n" + Begin, StringComparison.Ordinal);

    /// <summary>Whether nothing of a unified text can be seen.</summary>
    public static bool IsEmpty(string text) => !text.AsSpan().ContainsAnyExcept(Unseen);

    /// <summary>Whether a unified text has a boundary at which PEM begins.</summary>
    public static bool HasPem(ReadOnlySpan<char> text) => text.Contains(Begin, StringComparison.Ordinal);

    /// <summary>The label of the first boundary at which PEM begins; null if there is none.</summary>
    public static string? FirstLabel(ReadOnlySpan<char> text)
    {
        var start = text.IndexOf(Begin, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        var label = text[(start + Begin.Length)..];
        var end = label.IndexOf("-----");
        return end is < 0 or > 64 || label[..end].ContainsAny('\r', '\n') ? "" : label[..end].ToString();
    }

    /// <summary>The blocks of PEM (RFC 7468) in a unified text, in order; text between them is skipped.</summary>
    public static IEnumerable<GivenBlock> Blocks(ReadOnlyMemory<char> text)
    {
        var place = 0;
        while (PemEncoding.TryFind(text.Span[place..], out var fields))
        {
            yield return new GivenBlock(
                text.Span[place..][fields.Label].ToString(),
                text[place..][fields.Base64Data],
                fields.DecodedDataLength);
            place += fields.Location.End.Value;
        }
    }

    /// <summary>The bytes of a unified text that is base64 and nothing else; null if it is not. The caller may zero them.</summary>
    public static byte[]? FromBase64(ReadOnlySpan<char> text)
    {
        var bytes = GC.AllocateArray<byte>(text.Length, pinned: true);
        try
        {
            return Convert.TryFromBase64Chars(text.Trim("\0 \t\r\n\v\f"), bytes, out var length) && length > 0
                ? Pinned(bytes.AsSpan(0, length))
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>The same of a secret, in memory of its own that the caller disposes.</summary>
    public static SecretText Unify(SecretText text) => SecretText.Write(2 * text.Length, unified =>
    {
        var length = 0;
        for (var place = text.Characters.Span; !place.IsEmpty; place = place[1..])
        {
            if (place[0] == ByteOrderMark)
            {
                continue;
            }

            // Never more than a character for one: the boundary that follows has many.
            if (place.StartsWith(Begin, StringComparison.Ordinal) && unified.Span[..length].EndsWith("-----", StringComparison.Ordinal))
            {
                unified.Span[length++] = '\n';
            }

            unified.Span[length++] = place[0];
        }

        return length;
    });

    /// <summary>
    /// The text that a binary field has instead of DER, such as PEM or base64 that was encoded once more; null for DER.
    /// </summary>
    public static string? OfBytes(ReadOnlySpan<byte> content) =>
        content.Length > 0 && content[0] != 0x30 && Utf8IsText(content) ? Unify(Encoding.UTF8.GetString(content)) : null;

    /// <summary>The same of a secret, in memory of its own that the caller disposes.</summary>
    public static SecretText? OfSecretBytes(ReadOnlyMemory<byte> content)
    {
        if (content.Length == 0 || content.Span[0] == 0x30 || !Utf8IsText(content.Span))
        {
            return null;
        }

        using var text = SecretText.Write(content.Length, characters => Encoding.UTF8.GetChars(content.Span, characters.Span));
        return Unify(text);
    }

    private static byte[] Pinned(ReadOnlySpan<byte> source)
    {
        var copy = GC.AllocateUninitializedArray<byte>(source.Length, pinned: true);
        source.CopyTo(copy);
        return copy;
    }

    private static bool Utf8IsText(ReadOnlySpan<byte> content) =>
        !content.Contains((byte)0) && System.Text.Unicode.Utf8.IsValid(content);
}

/// <summary>A block of PEM.</summary>
/// <param name="Label">Its label, such as <c>CERTIFICATE</c>.</param>
/// <param name="Base64">Its base64, with the white space in it.</param>
/// <param name="Length">The number of its bytes.</param>
internal readonly record struct GivenBlock(string Label, ReadOnlyMemory<char> Base64, int Length)
{
    /// <summary>Its bytes, which the caller may zero.</summary>
    public byte[] Decode()
    {
        var bytes = GC.AllocateArray<byte>(Length, pinned: true); // The garbage collector makes no copies.
        return Convert.TryFromBase64Chars(Base64.Span, bytes, out var length) && length == Length
            ? bytes
            : throw new InvalidOperationException("PEM that was found is not base64.");
    }
}
