using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Contract;

/// <summary>A member of a PATCH that may be absent (leave as it is), null (take away) or a value (RFC 7396).</summary>
/// <param name="IsPresent">Whether the request named the member at all.</param>
/// <param name="Value">The value; null takes away what is there.</param>
[JsonConverter(typeof(OptionalTextConverter))]
[GenerateSerializer, Immutable, Alias("codesigning.OptionalText")]
public readonly record struct OptionalText([property: Id(0)] bool IsPresent, [property: Id(1)] string? Value)
{
    /// <summary>What is to be afterwards, where <paramref name="current"/> is now.</summary>
    public string? Or(string? current) => IsPresent ? Value : current;
}

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
