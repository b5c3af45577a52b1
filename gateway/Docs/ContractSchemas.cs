using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Gateway.Api.Signing;
using CodeSigning.Signing;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>What types look like on the wire where their own shape does not tell.</summary>
internal static class ContractSchemas
{
    private static readonly JsonNode[] KeyAlgorithms =
        [.. Enum.GetValues<KeyAlgorithm>().Select(algorithm => (JsonNode)algorithm.ToWireName())];

    private static readonly JsonNode[] SigningAlgorithms =
        [.. Enum.GetValues<SigningAlgorithm>().Select(algorithm => (JsonNode)algorithm.ToWireName())];

    /// <summary>The name that a type's schema has among the components; null for one that is written where it occurs.</summary>
    public static string? NameOf(JsonTypeInfo type) =>
        IsBytes(type.Type) ? null : OpenApiOptions.CreateDefaultSchemaReferenceId(type);

    /// <summary>Makes a schema say what is really on the wire.</summary>
    public static void Correct(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var type = context.JsonTypeInfo.Type;
        var value = Nullable.GetUnderlyingType(type) ?? type;
        var orNull = value == type ? default : JsonSchemaType.Null;
        if (value == typeof(OptionalText))
        {
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
        }
        else if (value == typeof(DateTimeOffset))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String | orNull, "date-time");
        }
        else if (IsBytes(type))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String | orNull, "byte");
        }
        else if (type == typeof(byte[]))
        {
            schema.Format = "binary"; // A file as it is: in JSON, bytes are ReadOnlyMemory.
        }
        else if (value.IsEnum)
        {
            (schema.Type, schema.Enum) = (JsonSchemaType.String, WordsOf(value));
        }
        else if (type == typeof(string) && context.JsonPropertyInfo is { } member)
        {
            AddFixedValues(schema, member);
        }
    }

    /// <summary>Says of enumerations that they are strings, also where the framework handed their schema to no transformer.</summary>
    /// <remarks>What is first met within the elements of an array that may be null is such a schema.</remarks>
    public static void GiveWordsTheirType(OpenApiDocument document)
    {
        foreach (var schema in document.Components!.Schemas!.Values.OfType<OpenApiSchema>().Where(schema => schema is { Enum.Count: > 0 }))
        {
            schema.Type ??= JsonSchemaType.String;
        }
    }

    /// <summary>The words that the values of an enumeration are written as.</summary>
    public static List<JsonNode> WordsOf(Type enumeration) =>
        [.. Enum.GetNames(enumeration).Select(name => (JsonNode)JsonNamingPolicy.CamelCase.ConvertName(name))];

    private static void AddFixedValues(OpenApiSchema schema, JsonPropertyInfo member)
    {
        var values = member switch
        {
            { Name: "keyAlgorithm" } => KeyAlgorithms,
            { Name: "signingAlgorithm" } when IsRequest(member.DeclaringType) => [.. SigningAlgorithms, .. SigningAlgorithms.Select(Underscored)],
            { Name: "signingAlgorithm" } => SigningAlgorithms,
            _ => [],
        };
        if (values.Length > 0)
        {
            schema.Enum = [.. values, .. member.IsGetNullable ? [JsonNullSentinel.JsonNull] : Array.Empty<JsonNode>()];
        }
    }

    private static bool IsRequest(Type type) => type == typeof(SignBody) || type == typeof(SignBatchItemBody);

    /// <summary>The other spelling, which requests may have.</summary>
    private static JsonNode Underscored(JsonNode name) => name.GetValue<string>().Replace("_SHA", "_SHA_", StringComparison.Ordinal);

    private static bool IsBytes(Type type) => (Nullable.GetUnderlyingType(type) ?? type) == typeof(ReadOnlyMemory<byte>);
}
