using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage;

/// <summary>
/// The JSON of stored states: camelCase, enums as words, times as RFC 3339 to the tick. Members that this version does not
/// know are passed over, since nodes of two versions share a store while a cluster is upgraded; a member that is required
/// and missing is an error.
/// </summary>
public static class StateJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DictionaryKeyPolicy = null,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Writes a state.</summary>
    public static byte[] Serialize<T>(T state) => JsonSerializer.SerializeToUtf8Bytes(state, Options);

    /// <summary>Reads a state.</summary>
    /// <exception cref="InvalidOperationException">The content is not such a state.</exception>
    public static T Deserialize<T>(StoredState stored)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(stored.Content.Span, Options)
                ?? throw new JsonException("The content is null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidOperationException($"The stored {stored.Type} '{stored.Id}' is not of this version's form.", exception);
        }
    }
}
