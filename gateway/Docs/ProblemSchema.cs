using System.Text.Json.Nodes;
using CodeSigning.Gateway.Api.Signing;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

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
            ["detail"] = Text("What happened, and what to do."),
            ["errorId"] = Text("With InternalError: what the server's log tells of it under."),
            ["operationId"] = Text("With a signature that was denied or failed: the ledger entry's id."),
            ["sharedKeyWith"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "With KeyInUse: the certificates of the key, and the signers on them.",
                Items = SharedKey(),
            },
            ["request"] = new OpenApiSchemaReference(nameof(SuggestedRequest), document)
            {
                Description = "Where an approval is missing: what to ask for.",
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
                Description = "The names of the signers on it, disabled ones too.",
                Items = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
