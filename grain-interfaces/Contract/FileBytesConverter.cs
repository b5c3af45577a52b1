using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Contract;

/// <summary>
/// The bytes of a file as base64, as tools write it into files: in lines, with white space and a byte-order mark around it.
/// A text in PEM is kept as it is, for whoever reads the file.
/// </summary>
public sealed class FileBytesConverter : JsonConverter<ReadOnlyMemory<byte>>
{
    private const string ByteOrderMark = "\uFEFF";

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryRead(reader.GetString()!, out var bytes) ? bytes : throw new JsonException();

    /// <summary>Reads the bytes of a text.</summary>
    /// <returns>False if it is neither base64 nor PEM.</returns>
    public static bool TryRead(string text, out ReadOnlyMemory<byte> bytes)
    {
        var unmarked = text.Replace(ByteOrderMark, "", StringComparison.Ordinal);
        if (unmarked.Contains("-----BEGIN ", StringComparison.Ordinal))
        {
            bytes = Encoding.UTF8.GetBytes(unmarked);
            return true;
        }

        var buffer = new byte[unmarked.Length];
        var isBase64 = Convert.TryFromBase64String(unmarked, buffer, out var length);
        bytes = buffer.AsMemory(0, length);
        return isBase64;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Span);
}
