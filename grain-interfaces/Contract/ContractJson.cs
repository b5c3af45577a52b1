using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeSigning.Contract;

/// <summary>
/// The JSON of the contract: camelCase, enums as camelCase words, times as RFC 3339 in UTC, absent instead of null,
/// unknown members and duplicate members refused.
/// </summary>
public static class ContractJson
{
    /// <summary>The deepest nesting that a request may have.</summary>
    public const int MaxDepth = 16;

    /// <summary>The one set of options, for the gateway and for answers that are kept for idempotency keys.</summary>
    public static JsonSerializerOptions Options { get; } = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>Makes other options those of the contract.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.MaxDepth = MaxDepth;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Converters.Add(new UtcTimeConverter());
        return options;
    }
}
