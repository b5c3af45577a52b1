using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>
/// What holds for answers and not for requests: members that are null are left out, and members may be added. A schema that
/// occurs in both is an answer's: a client must be able to read what it is sent.
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
