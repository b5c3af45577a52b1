using System.Text.Json;

namespace CodeSigning.Gateway.Tests.Docs;

/// <summary>Where a JSON value is not what a schema of the published document says; of JSON Schema, what the document uses.</summary>
/// <param name="schemas">The document's components, which references lead to.</param>
internal sealed class SchemaMistakes(JsonElement schemas)
{
    private const string ReferencePrefix = "#/components/schemas/";

    /// <summary>Every mistake, each with the place where it is. A member that the schema does not name is one.</summary>
    public IEnumerable<string> Find(JsonElement value, JsonElement schema, string place = "$")
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            return Find(value, schemas.GetProperty(reference.GetString()![ReferencePrefix.Length..]), place);
        }

        if (schema.TryGetProperty("oneOf", out var choices))
        {
            return OfChoices(value, choices, place);
        }

        if (!HasType(value, schema))
        {
            return [$"{place} is {value.ValueKind}, not {schema.GetProperty("type")}"];
        }

        return [.. OfEnum(value, schema, place), .. OfFormat(value, schema, place), .. OfParts(value, schema, place)];
    }

    private IEnumerable<string> OfChoices(JsonElement value, JsonElement choices, string place)
    {
        var findings = choices.EnumerateArray().Select(choice => Find(value, choice, place).ToList()).ToList();
        return findings.Count(mistakes => mistakes.Count == 0) == 1 ? [] : [$"{place} is not one of its choices", .. findings[^1]];
    }

    private IEnumerable<string> OfParts(JsonElement value, JsonElement schema, string place) => value.ValueKind switch
    {
        JsonValueKind.Object => [.. OfRequired(value, schema, place), .. value.EnumerateObject().SelectMany(member => OfMember(member, schema, place))],
        JsonValueKind.Array when schema.TryGetProperty("items", out var items) =>
            value.EnumerateArray().SelectMany((item, index) => Find(item, items, $"{place}[{index}]")),
        _ => [],
    };

    private static IEnumerable<string> OfRequired(JsonElement value, JsonElement schema, string place) =>
        schema.TryGetProperty("required", out var required)
            ? required.EnumerateArray().Select(name => name.GetString()!).Where(name => !value.TryGetProperty(name, out _))
                .Select(name => $"{place}.{name} is missing")
            : [];

    private IEnumerable<string> OfMember(JsonProperty member, JsonElement schema, string place)
    {
        var memberPlace = $"{place}.{member.Name}";
        if (schema.TryGetProperty("properties", out var members) && members.TryGetProperty(member.Name, out var known))
        {
            return Find(member.Value, known, memberPlace);
        }

        if (schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.Object)
        {
            return Find(member.Value, others, memberPlace);
        }

        return schema.TryGetProperty("type", out _) ? [$"{memberPlace} is not described"] : [];
    }

    private static IEnumerable<string> OfEnum(JsonElement value, JsonElement schema, string place) =>
        schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(word => JsonElement.DeepEquals(word, value))
            ? [$"{place} is {value}, which is none of {words}"]
            : [];

    private static IEnumerable<string> OfFormat(JsonElement value, JsonElement schema, string place) =>
        value.ValueKind == JsonValueKind.String && schema.TryGetProperty("format", out var format) && !HasFormat(value, format.GetString()!)
            ? [$"{place} is {value}, which is no {format}"]
            : [];

    private static bool HasFormat(JsonElement text, string format) => format switch
    {
        "date-time" => text.TryGetDateTimeOffset(out _),
        "byte" => text.TryGetBytesFromBase64(out _),
        _ => true,
    };

    private static bool HasType(JsonElement value, JsonElement schema) =>
        !schema.TryGetProperty("type", out var type)
        || (type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Any(choice => IsA(value, choice.GetString()!))
            : IsA(value, type.GetString()!));

    private static bool IsA(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No JSON Schema has such a type."),
    };
}
