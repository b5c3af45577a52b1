using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Contract;

/// <summary>
/// The bytes of a file as base64, read by the rule of <see cref="PastedText"/>. A text in PEM is kept as it is, for whoever
/// reads the file.
/// </summary>
public sealed class FileBytesConverter : JsonConverter<ReadOnlyMemory<byte>>
{
    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryRead(reader.GetString()!, out var bytes) ? bytes : throw new JsonException();

    /// <summary>Reads the bytes of a text.</summary>
    /// <returns>False if it is neither base64 nor PEM.</returns>
    public static bool TryRead(string text, out ReadOnlyMemory<byte> bytes)
    {
        var utf8 = Encoding.UTF8.GetBytes(PastedText.Trim(text));
        if (utf8.AsSpan().IndexOf("-----BEGIN "u8) >= 0)
        {
            bytes = utf8;
            return true;
        }

        var buffer = new byte[utf8.Length];
        var isBase64 = PastedText.TryDecodeBase64(utf8, buffer, out var length);
        bytes = buffer.AsMemory(0, length);
        return isBase64;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Span);
}
