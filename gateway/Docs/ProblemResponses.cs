using System.Globalization;
using System.Text.Json.Nodes;
using CodeSigning.Gateway.Problems;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>Describes refusals and failures by status, each with the codes that have it.</summary>
internal static class ProblemResponses
{
    private static readonly (int Status, string Meaning, ErrorCode Example, string Detail)[] All =
    [
        (400, "The request is invalid", ErrorCode.InvalidRequest, "The field 'ttlDays' is missing."),
        (401, "There is no valid token", ErrorCode.Unauthenticated, "The token is missing or invalid: send it as 'Authorization: Bearer'."),
        (403, "The caller may not do this", ErrorCode.Forbidden, "Only product administrators may do this."),
        (404, "The path names nothing that the caller may see", ErrorCode.NotFound, "The signing policy does not exist: expected an id or name."),
        (409, "The request conflicts with what is there", ErrorCode.NameTaken, "The name is already used by another group."),
        (413, "The body is too large", ErrorCode.TooLarge, "The request body is too large."),
        (415, "The body is not JSON in UTF-8", ErrorCode.InvalidRequest, "The content type is not supported: send the body as application/json in UTF-8."),
        (429, "Too many requests: wait as long as Retry-After says", ErrorCode.RateLimited, "Too many requests: retry after the time in Retry-After."),
        (500, "A fault, under an id that the server's log has", ErrorCode.InternalError, "An internal fault occurred: check whether the operation was done before you retry; the server's log has the cause under 5f2c."),
        (503, "Temporarily unavailable: a retry after Retry-After is safe", ErrorCode.Unavailable, "The ledger is temporarily unavailable, so nothing was done: retry."),
    ];

    /// <summary>Adds the descriptions to the document's components.</summary>
    public static void AddTo(OpenApiDocument document)
    {
        document.Components!.Responses ??= new Dictionary<string, IOpenApiResponse>();
        foreach (var (status, meaning, code, detail) in All)
        {
            var codes = Enum.GetValues<ErrorCode>().Where(other => ErrorCodeTable.StatusOf(other) == status).DefaultIfEmpty(code);
            document.Components.Responses[NameOf(status)] = new OpenApiResponse
            {
                Description = $"{meaning}. Codes: {string.Join(", ", codes)}.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new()
                    {
                        Schema = new OpenApiSchemaReference("Problem", document),
                        Example = new JsonObject
                        {
                            ["status"] = status,
                            ["title"] = ErrorCodeTable.TitleOf(code),
                            ["detail"] = detail,
                            ["code"] = code.ToString(),
                        },
                    },
                },
            };
        }
    }

    /// <summary>Adds the refusals and failures that an operation may have.</summary>
    public static void AddTo(OpenApiOperation operation, OpenApiDocument? document, string? method)
    {
        operation.Responses ??= [];
        var isSecured = operation.Security is { Count: > 0 };
        var hasBody = operation.RequestBody is not null;
        var isInPath = operation.Parameters?.Any(parameter => parameter.In == ParameterLocation.Path) == true;
        foreach (var status in All.Select(one => one.Status))
        {
            var may = status switch
            {
                400 => hasBody || operation.Parameters is { Count: > 0 },
                401 => isSecured || hasBody,
                403 => isSecured,
                404 => isInPath,
                409 => method is not ("GET" or "HEAD"),
                413 or 415 => hasBody,
                _ => true,
            };
            if (may)
            {
                operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponseReference(NameOf(status), document);
            }
        }
    }

    private static string NameOf(int status) => string.Create(CultureInfo.InvariantCulture, $"Problem{status}");
}
