using CodeSigning.Gateway.Calls;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>The OpenAPI document: what every endpoint has in common, beside what their types and comments say.</summary>
internal static class OpenApiSetup
{
    /// <summary>How deep the schemas of answers may nest; deeper than any request may.</summary>
    public const int SchemaDepth = 64;

    /// <summary>The name under which the framework knows the document.</summary>
    public const string DocumentName = "v1";

    private const string Bearer = "bearer";

    public static void AddOpenApiDocument(this IServiceCollection services) => services.AddSingleton<OpenApiDocumentCache>().AddOpenApi(DocumentName, options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Code signing",
                Version = "v1",
                Description = "A self-hosted code-signing cluster. Errors are application/problem+json with a stable code.",
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
            };
            document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
            document.Components.Schemas["Problem"] = ProblemSchema.In(document);
            ContractSchemas.GiveWordsTheirType(document);
            AnswerSchemas.LeaveRoom(document);
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
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];
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
            }

            if (operation.OperationId == SigningExample.OperationId)
            {
                SigningExample.AddTo(operation);
            }

            operation.Responses ??= [];
            operation.Responses["default"] = new OpenApiResponse
            {
                Description = "What was refused, or failed.",
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
        Description = "Lets the request be sent again without doing twice what it asks: the first answer is sent again for 24 hours.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 128, Pattern = "^[!-~]+$" },
    };
}
