using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Contract;

/// <summary>
/// The rule for text as editors, shells and other systems write it, the same for every input that is a token, an id, base64,
/// PEM, JSON or a setting: a UTF-8 byte order mark in front and white space (blanks, tabs and line ends) around it are no part
/// of it, and white space within base64 is ignored. Passwords, names, reasons and comments are taken as they are.
/// </summary>
public static class PastedText
{
    private const char ByteOrderMark = '\uFEFF';

    private static ReadOnlySpan<byte> Mark => "\uFEFF"u8;

    /// <summary>The text without a byte order mark in front and white space around it; null for null.</summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
    public static string? Trim(string? text) => text?.TrimStart(ByteOrderMark).Trim(' ', '\t', '\r', '\n');

    /// <summary>The UTF-8 text without a byte order mark in front and white space around it.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => WithoutMark(text).Trim(" \t\r\n"u8);

    /// <summary>The number of bytes of a byte order mark in front: 3 or 0.</summary>
    public static int LengthOfMark(ReadOnlySpan<byte> text) => text.StartsWith(Mark) ? Mark.Length : 0;

    /// <summary>Decodes base64 (RFC 4648, section 4, padded), wrapped into lines or not; false if it is none or too long.</summary>
    /// <param name="text">The text, as UTF-8.</param>
    /// <param name="bytes">Where the bytes go; longer ones are refused.</param>
    /// <param name="length">How many bytes there are.</param>
    public static bool TryDecodeBase64(ReadOnlySpan<byte> text, Span<byte> bytes, out int length) =>
        // The decoder ignores blanks and line ends within the text.
        Base64.DecodeFromUtf8(Trim(text), bytes, out _, out length) == OperationStatus.Done;

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text) => text[LengthOfMark(text)..];
}

/// <summary>Bytes as a text, read by the rule of <see cref="PastedText"/> and written as base64 without line ends.</summary>
public abstract class PastedBytesConverter : JsonConverter<ReadOnlyMemory<byte>>
{
    /// <inheritdoc/>
    public sealed override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException("The value is invalid: expected base64.");
        }

        return TryRead(ref reader, out var bytes) ? bytes : throw new JsonException("The value is invalid: expected base64.");
    }

    /// <summary>Whether it reads the string that a reader is at. Nothing of it is left in memory.</summary>
    public bool CanRead(ref Utf8JsonReader reader)
    {
        var isRead = TryRead(ref reader, out var bytes);
        if (MemoryMarshal.TryGetArray(bytes, out var array))
        {
            CryptographicOperations.ZeroMemory(array);
        }

        return isRead;
    }

    /// <inheritdoc/>
    public sealed override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Span);

    /// <summary>Decodes a text, as UTF-8; false, with nothing left of it, if it is not such a one.</summary>
    public abstract bool TryDecode(ReadOnlySpan<byte> text, out ReadOnlyMemory<byte> bytes);

    private bool TryRead(ref Utf8JsonReader reader, out ReadOnlyMemory<byte> bytes)
    {
        var text = new byte[reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length];
        try
        {
            var length = reader.CopyString(text);
            return TryDecode(text.AsSpan(0, length), out bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text); // It may hold a key.
        }
    }
}

/// <summary>Bytes as base64.</summary>
public sealed class Base64Converter : PastedBytesConverter
{
    /// <summary>The converter.</summary>
    public static Base64Converter Instance { get; } = new();

    /// <inheritdoc/>
    public override bool TryDecode(ReadOnlySpan<byte> text, out ReadOnlyMemory<byte> bytes)
    {
        var buffer = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (PastedText.TryDecodeBase64(text, buffer, out var length))
        {
            bytes = buffer.AsMemory(0, length);
            return true;
        }

        CryptographicOperations.ZeroMemory(buffer);
        bytes = default;
        return false;
    }
}

/// <summary>The bytes of a file as base64. A text in PEM is kept as it is, for whoever reads the file.</summary>
public sealed class FileBytesConverter : PastedBytesConverter
{
    /// <summary>The converter.</summary>
    public static FileBytesConverter Instance { get; } = new();

    /// <inheritdoc/>
    public override bool TryDecode(ReadOnlySpan<byte> text, out ReadOnlyMemory<byte> bytes)
    {
        var trimmed = PastedText.Trim(text);
        if (trimmed.IndexOf("-----BEGIN "u8) < 0)
        {
            return Base64Converter.Instance.TryDecode(trimmed, out bytes);
        }

        bytes = trimmed.ToArray();
        return true;
    }
}
