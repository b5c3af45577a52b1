using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Contract;

/// <summary>Reads a present member, null included, as <see cref="OptionalText"/>; an absent one stays the default.</summary>
public sealed class OptionalTextConverter : JsonConverter<OptionalText>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override OptionalText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.Null => new OptionalText(true, null),
            JsonTokenType.String => new OptionalText(true, reader.GetString()),
            _ => throw new JsonException("A string or null is expected."),
        };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, OptionalText value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
