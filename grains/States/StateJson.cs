using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Grains.States;

/// <summary>
/// The JSON of stored states: camelCase names and enum values, nulls omitted, times to the tick. Unknown members are
/// ignored, since nodes of two versions share a store during an upgrade; a missing required member is an error.
/// </summary>
public static class StateJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>The state as UTF-8 JSON.</summary>
    public static byte[] Write<TState>(TState state) => JsonSerializer.SerializeToUtf8Bytes(state, Options);

    /// <summary>Deserializes the JSON of <see cref="Write"/>.</summary>
    /// <exception cref="JsonException">The content is not such a state.</exception>
    public static TState Read<TState>(ReadOnlySpan<byte> content) =>
        JsonSerializer.Deserialize<TState>(content, Options) ?? throw new JsonException("The stored state is null: expected an object.");

    /// <summary>Reads the content of a stored row.</summary>
    /// <exception cref="JsonException">The content is not such a state.</exception>
    /// <exception cref="StateTamperedException">The row's index columns do not match its content.</exception>
    public static TState ReadAs<TState>(this StoredState stored)
        where TState : class
    {
        var state = Read<TState>(stored.Content.Span);
        return stored.Columns is { } columns && state is IIndexedState indexed && columns != StateColumns.Of(indexed.ToIndex())
            ? throw new StateTamperedException(stored.Type, stored.Id)
            : state;
    }
}
