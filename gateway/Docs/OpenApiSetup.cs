using System.Text.Json.Nodes;
using CodeSigning.Approvals;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Calls;
using CodeSigning.Ledger;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>The parts of the OpenAPI document that endpoints share.</summary>
internal static class OpenApiSetup
{
    /// <summary>The maximum nesting of schemas, deeper than that of requests.</summary>
    public const int SchemaDepth = 64;

    /// <summary>The name under which the framework knows the document.</summary>
    public const string DocumentName = "v1";

    private const string Bearer = "bearer";
    private const string Cookie = "cookie";

    public static void AddOpenApiDocument(this IServiceCollection services) => services.AddSingleton<OpenApiDocumentCache>().AddOpenApi(DocumentName, options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Code signing",
                Version = "v1",
                Description = "A self-hosted code-signing cluster. Errors are application/problem+json with a stable code. "
                    + "Wherever an id is taken, the name is taken too: of a signer, group, machine identity, policy or CA (its common name), "
                    + "and a person's email address. A byte order mark in front and white space around ids, credentials and base64 are no part "
                    + "of them, and base64 may be wrapped into lines.",
            };
            document.Servers = [new OpenApiServer { Url = "/", Description = "This server." }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
                [Cookie] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Cookie,
                    Name = SessionCookie.Name,
                    Description = $"For pages of this server in a browser. A change also needs the header {SessionCookie.Header}.",
                },
            };
            document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
            document.Components.Schemas["Problem"] = ProblemSchema.In(document);
            ContractSchemas.GiveWordsTheirType(document);
            AnswerSchemas.LeaveRoom(document);
            ProblemResponses.AddTo(document);
            ApiExamples.AddTo(document);
            return Task.CompletedTask;
        });
        options.CreateSchemaReferenceId = ContractSchemas.NameOf;
        options.AddSchemaTransformer((schema, context, _) =>
        {
            ContractSchemas.Correct(schema, context);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (!metadata.OfType<IAllowAnonymous>().Any())
            {
                operation.Security =
                [
                    new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] },
                    new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Cookie, context.Document)] = [] },
                ];
            }

            foreach (var name in PathParameters(context.Description.RelativePath).Except(NamesOf(operation)))
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(PathParameter(name));
            }

            if (metadata.OfType<TakesIdempotencyKey>().Any())
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(IdempotencyKeyParameter());
            }

            foreach (var parameter in operation.Parameters ?? [])
            {
                QueryWords.Describe(operation, parameter);
                parameter.Description ??= ParameterTexts.Find(operation.OperationId, parameter.Name);
            }

            ProblemResponses.AddTo(operation, context.Document, context.Description.HttpMethod);
            operation.Responses!["default"] = new OpenApiResponse
            {
                Description = "Another refusal or failure.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference("Problem", context.Document) },
                },
            };
            return Task.CompletedTask;
        });
    });

    // Handlers that take the signer itself, and not its id, have no parameter of the path's name.
    private static IEnumerable<string> PathParameters(string? path) =>
        (path ?? "").Split('/').Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}'));

    private static IEnumerable<string> NamesOf(OpenApiOperation operation) =>
        operation.Parameters?.Select(parameter => parameter.Name).OfType<string>() ?? [];

    private static OpenApiParameter PathParameter(string name) => new()
    {
        Name = name,
        In = ParameterLocation.Path,
        Required = true,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static OpenApiParameter IdempotencyKeyParameter() => new()
    {
        Name = "Idempotency-Key",
        In = ParameterLocation.Header,
        Description = "Makes a retry safe: for 24 hours, a repeated request gets the first response again.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 128, Pattern = "^[!-~]+$" },
    };
}

/// <summary>Describes query parameters, which handlers parse from text to report errors precisely.</summary>
internal static class QueryWords
{
    /// <summary>Adds a parameter's allowed values, or its time format.</summary>
    public static void Describe(OpenApiOperation operation, IOpenApiParameter parameter)
    {
        if (parameter is not { In: ParameterLocation.Query, Schema: OpenApiSchema schema })
        {
            return;
        }

        if (parameter.Name is "from" or "to")
        {
            schema.Format = "date-time";
        }
        else if (parameter.Name == "limit")
        {
            (schema.Type, schema.Minimum, schema.Maximum, schema.Default) = (JsonSchemaType.Integer, "1", "100", 25);
        }
        else if (parameter.Name is "assignedToMe" or "full")
        {
            schema.Type = JsonSchemaType.Boolean;
        }
        else if (WordsOf(operation.OperationId, parameter.Name) is { Count: > 0 } words)
        {
            schema.Enum = words;
        }
    }

    private static List<JsonNode> WordsOf(string? operation, string? parameter) => (operation, parameter) switch
    {
        ("ExportEntries" or "ExportOperations", "format") => ["jsonl", "csv"],
        (_, "format") => ["pem", "der", "p7b", "chain"],
        (_, "ecdsaFormat") => ["der", "raw"],
        (_, "include") => ["chain"],
        ("ListEntries" or "ExportEntries", "kind") => ContractSchemas.WordsOf(typeof(EntryKind)),
        ("ListEntries" or "ExportEntries", "outcome") or ("ListOperations" or "ExportOperations", "status") => ContractSchemas.WordsOf(typeof(EntryOutcome)),
        ("ListApprovalRequests" or "ListSignerRequests", "status") => ContractSchemas.WordsOf(typeof(RequestStatus)),
        _ => [],
    };
}
