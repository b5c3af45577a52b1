using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Grains.States;

/// <summary>
/// The JSON of stored states: camelCase, enums as camelCase words, absent instead of null. Written by the storage
/// provider for the grains that hold a state, and read again wherever lists are made of the same rows. Unknown members
/// are passed over, so that a node of the version before can still read.
/// </summary>
public static class StateJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>The state as UTF-8 JSON.</summary>
    public static byte[] Write<TState>(TState state) => JsonSerializer.SerializeToUtf8Bytes(state, Options);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">The content is not such a state.</exception>
    public static TState Read<TState>(ReadOnlySpan<byte> content)
        where TState : class =>
        JsonSerializer.Deserialize<TState>(content, Options) ?? throw new JsonException("A stored state cannot be null.");

    /// <summary>Reads the content of a stored row.</summary>
    /// <exception cref="JsonException">The content is not such a state.</exception>
    public static TState ReadAs<TState>(this StoredState stored)
        where TState : class => Read<TState>(stored.Content.Span);
}
