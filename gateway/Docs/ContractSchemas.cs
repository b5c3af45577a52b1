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

/// <summary>Corrects the schemas of types whose JSON differs from their shape.</summary>
internal static class ContractSchemas
{
    private static readonly JsonNode[] KeyAlgorithms =
        [.. Enum.GetValues<KeyAlgorithm>().Select(algorithm => (JsonNode)algorithm.ToWireName())];

    private static readonly JsonNode[] SigningAlgorithms =
        [.. Enum.GetValues<SigningAlgorithm>().Select(algorithm => (JsonNode)algorithm.ToWireName())];

    /// <summary>The name that a type's schema has among the components; null for one that is written where it occurs.</summary>
    public static string? NameOf(JsonTypeInfo type) =>
        IsBytes(type.Type) || type.Type == typeof(SecretText) ? null : OpenApiOptions.CreateDefaultSchemaReferenceId(type);

    /// <summary>Corrects a schema.</summary>
    public static void Correct(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var type = context.JsonTypeInfo.Type;
        var value = Nullable.GetUnderlyingType(type) ?? type;
        var orNull = value == type ? default : JsonSchemaType.Null;
        if (value == typeof(OptionalText) || value == typeof(SecretText))
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

    /// <summary>The JSON values of an enumeration.</summary>
    public static List<JsonNode> WordsOf(Type enumeration) =>
        [.. Enum.GetNames(enumeration).Select(name => (JsonNode)JsonNamingPolicy.CamelCase.ConvertName(name))];

    private static void AddFixedValues(OpenApiSchema schema, JsonPropertyInfo member)
    {
        var values = member switch
        {
            { Name: "keyAlgorithm" } => KeyAlgorithms,
            { Name: "signingAlgorithm" } when IsRequest(member.DeclaringType) => [.. SigningAlgorithms, .. Enum.GetValues<SigningAlgorithm>().Select(algorithm => (JsonNode)algorithm.ToUnderscoredName())],
            { Name: "signingAlgorithm" } => SigningAlgorithms,
            _ => [],
        };
        if (values.Length > 0)
        {
            schema.Enum = [.. values, .. member.IsGetNullable ? [JsonNullSentinel.JsonNull] : Array.Empty<JsonNode>()];
        }
    }

    private static bool IsRequest(Type type) => type == typeof(SignBody) || type == typeof(SignBatchItemBody);

    private static bool IsBytes(Type type) => (Nullable.GetUnderlyingType(type) ?? type) == typeof(ReadOnlyMemory<byte>);
}

/// <summary>
/// Adjusts schemas of responses: null members are omitted, and members may be added. A schema used in both counts as a
/// response's, so that clients can read what they are sent.
/// </summary>
internal static class AnswerSchemas
{
    private static readonly Dictionary<string, IOpenApiSchema> NoMembers = [];

    /// <summary>Lets the schemas of answers, and those within them, say so.</summary>
    public static void LeaveRoom(OpenApiDocument document)
    {
        var answers = document.Paths.Values
            .SelectMany(path => path.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>())
            .SelectMany(operation => operation.Responses?.Values ?? Enumerable.Empty<IOpenApiResponse>())
            .SelectMany(response => response.Content?.Values ?? Enumerable.Empty<OpenApiMediaType>());
        var seen = new HashSet<OpenApiSchema>();
        foreach (var answer in answers)
        {
            LeaveRoom(answer.Schema, document, seen);
        }
    }

    private static void LeaveRoom(IOpenApiSchema? schema, OpenApiDocument document, HashSet<OpenApiSchema> seen)
    {
        if (Resolve(schema, document) is not { } found || !seen.Add(found))
        {
            return;
        }

        found.AdditionalPropertiesAllowed = true;
        found.Required?.ExceptWith((found.Properties ?? NoMembers).Where(member => MayBeNull(member.Value)).Select(member => member.Key));
        foreach (var part in PartsOf(found))
        {
            LeaveRoom(part, document, seen);
        }
    }

    private static OpenApiSchema? Resolve(IOpenApiSchema? schema, OpenApiDocument document) => schema switch
    {
        OpenApiSchemaReference reference => (OpenApiSchema)document.Components!.Schemas![reference.Reference.Id!],
        _ => schema as OpenApiSchema,
    };

    private static bool MayBeNull(IOpenApiSchema schema) => IsNull(schema.Type) || (schema.OneOf?.Any(choice => IsNull(choice.Type)) ?? false);

    private static bool IsNull(JsonSchemaType? type) => type?.HasFlag(JsonSchemaType.Null) ?? false;

    private static IEnumerable<IOpenApiSchema?> PartsOf(OpenApiSchema schema) =>
        [schema.Items, schema.AdditionalProperties, .. schema.OneOf ?? [], .. schema.Properties?.Values ?? []];
}

/// <summary>The schema of problem documents, which no type has.</summary>
internal static class ProblemSchema
{
    /// <summary>The schema, for this document.</summary>
    public static OpenApiSchema In(OpenApiDocument document) => new()
    {
        Type = JsonSchemaType.Object,
        Description = "A problem document (RFC 9457).",
        Required = new HashSet<string> { "status", "title", "detail", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
            ["title"] = Text("The code in words."),
            ["detail"] = Text("What happened and what to do."),
            ["errorId"] = Text("With InternalError: the id of the entry in the server's log."),
            ["operationId"] = Text("For a denied or failed signature: the ledger entry's id."),
            ["sharedKeyWith"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "With KeyInUse: the certificates with this key, and their signers.",
                Items = SharedKey(),
            },
            ["profileFindings"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "With ProfileViolated: all that keeps the certificate from a public signer.",
                Items = new OpenApiSchemaReference(nameof(ProfileFinding), document),
            },
            ["factors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "With SecondFactorRequired at a login: what 'code' may be; `passkey` alone for who signs in by one at POST /auth/passkey.",
                Items = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["totp", "recoveryCode", "passkey"] },
            },
            ["secondFactorWithin"] = Text("With SecondFactorRequired at a vote: how old the second factor may be."),
            ["error"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "Of POST /auth/device/token: the code of RFC 8628, section 3.5.",
                Enum = ["authorization_pending", "access_denied", "expired_token"],
            },
            ["request"] = new OpenApiSchemaReference(nameof(SuggestedRequest), document)
            {
                Description = "If an approval is missing: the body of the request to create.",
            },
            ["code"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "The stable code.",
                Enum = [.. Enum.GetNames<ErrorCode>().Select(name => (JsonNode)name)],
            },
        },
    };

    private static OpenApiSchema SharedKey() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["certificateId"] = Text("The certificate's id."),
            ["subject"] = Text("Its subject (RFC 4514)."),
            ["signers"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "The names of its signers, including disabled ones.",
                Items = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
