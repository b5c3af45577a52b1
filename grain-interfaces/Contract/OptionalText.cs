using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Contract;

/// <summary>A member of a merge patch (RFC 7396): absent leaves the value, null removes it, a string replaces it.</summary>
/// <param name="IsPresent">Whether the request contains the member.</param>
/// <param name="Value">The new value; null removes the current one.</param>
[JsonConverter(typeof(OptionalTextConverter))]
[GenerateSerializer, Immutable, Alias("codesigning.OptionalText")]
public readonly record struct OptionalText([property: Id(0)] bool IsPresent, [property: Id(1)] string? Value)
{
    /// <summary>The value after the patch is applied to <paramref name="current"/>.</summary>
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
            _ => throw new JsonException("The value is invalid: expected a string or null."),
        };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, OptionalText value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
