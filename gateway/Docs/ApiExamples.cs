using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>
/// Gives every body and answer an example, made of its schema and of a value for each field. A field without a value here has
/// none in the examples, which a test finds.
/// </summary>
internal static class ApiExamples
{
    private const string Json = "application/json";

    /// <summary>Adds the examples.</summary>
    public static void AddTo(OpenApiDocument document)
    {
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>()))
        {
            var bodies = operation.RequestBody?.Content?.AsEnumerable() ?? [];
            var answers = (operation.Responses ?? []).Where(answer => answer.Key.StartsWith('2'))
                .SelectMany(answer => answer.Value.Content?.AsEnumerable() ?? []);
            foreach (var (type, media) in bodies.Concat(answers))
            {
                media.Example = type == Json ? Make(media.Schema, document, "", "") : ExampleFiles.Of(type);
            }
        }
    }

    private static JsonNode? Make(IOpenApiSchema? schema, OpenApiDocument document, string owner, string member)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            var target = document.Components!.Schemas![id];
            return target.Properties is { Count: > 0 } members ? MakeObject(id, members, document) : Make(target, document, owner, member);
        }

        if (schema?.OneOf is { Count: > 0 } choices)
        {
            return Make(choices.First(choice => choice.Type != JsonSchemaType.Null), document, owner, member);
        }

        if (ExampleValues.Find(owner, member) is { } known)
        {
            return schema?.Type?.HasFlag(JsonSchemaType.Array) == true && known is not JsonArray ? new JsonArray(known) : known;
        }

        if (schema?.Items is { } items)
        {
            return Make(items, document, owner, member) is { } item ? new JsonArray(item) : null;
        }

        return schema?.Enum?.FirstOrDefault(word => word is not null)?.DeepClone();
    }

    private static JsonObject MakeObject(string name, IDictionary<string, IOpenApiSchema> members, OpenApiDocument document)
    {
        var made = new JsonObject();
        foreach (var (member, schema) in members)
        {
            if (!ExampleValues.IsLeftOut(name, member) && Make(schema, document, name, member) is { } value)
            {
                made[member] = value;
            }
        }

        return made;
    }
}

/// <summary>Examples of answers that are files.</summary>
internal static class ExampleFiles
{
    /// <summary>The beginning of a file of this media type; null for a binary one.</summary>
    public static JsonNode? Of(string mediaType) => mediaType switch
    {
        "application/x-pem-file" => "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE…\n-----END PUBLIC KEY-----\n",
        "application/pem-certificate-chain" => "-----BEGIN CERTIFICATE-----\nMIIB5DCCAYqgAwIBAgIUQXJv…\n-----END CERTIFICATE-----\n",
        "application/jsonl" => "{\"operationId\":\"op_01k9p0f6a8c0e2g4j6m8p0r2t4\",\"kind\":\"sign\",\"outcome\":\"success\",…}\n",
        "text/plain" => "Private Key Object; EC\n  label: key_01k9p0b2c4d6e8f0g2h4j6k8m0\n  Access: sensitive, always sensitive, never extractable, local\n",
        _ => null,
    };
}

/// <summary>
/// A value for each field of the contract, from <c>examples.json</c>: by the field's name, or by that of its schema and its own.
/// Fields that exclude each other, and those that an example without them shows more clearly, are left out.
/// </summary>
internal static class ExampleValues
{
    private const string File = "examples.json";

    private static readonly JsonObject Read = ReadFile();
    private static readonly FrozenSet<string> LeftOut =
        Read["leftOut"]!.AsArray().Select(name => (string)name!).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether examples are clearer without a field.</summary>
    public static bool IsLeftOut(string schema, string member) => LeftOut.Contains($"{schema}.{member}") || LeftOut.Contains(member);

    /// <summary>The value of a field; null if it has none, as an object or a list of objects.</summary>
    public static JsonNode? Find(string schema, string member) =>
        (Read["values"]![$"{schema}.{member}"] ?? Read["values"]![member])?.DeepClone();

    private static JsonObject ReadFile()
    {
        using var stream = typeof(ExampleValues).Assembly.GetManifestResourceStream(File)!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
