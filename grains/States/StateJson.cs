using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Grains.States;

/// <summary>
/// The JSON of stored states: camelCase, enums as camelCase words, absent instead of null, times to the tick.
/// Written by the storage provider for the grains that hold a state, and read again wherever lists are made of the same
/// rows. Members that this version does not know are passed over, since nodes of two versions share a store while a
/// cluster is upgraded; a member that is required and missing is an error.
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

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">The content is not such a state.</exception>
    public static TState Read<TState>(ReadOnlySpan<byte> content) =>
        JsonSerializer.Deserialize<TState>(content, Options) ?? throw new JsonException("A stored state cannot be null.");

    /// <summary>Reads the content of a stored row.</summary>
    /// <exception cref="JsonException">The content is not such a state.</exception>
    /// <exception cref="StateTamperedException">A list found the row by columns that are not its content's.</exception>
    public static TState ReadAs<TState>(this StoredState stored)
        where TState : class
    {
        var state = Read<TState>(stored.Content.Span);
        return stored.Columns is { } columns && state is IIndexedState indexed && columns != StateColumns.Of(indexed.ToIndex())
            ? throw new StateTamperedException(stored.Type, stored.Id)
            : state;
    }
}
