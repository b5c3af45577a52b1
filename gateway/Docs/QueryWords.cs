using System.Text.Json.Nodes;
using CodeSigning.Approvals;
using CodeSigning.Ledger;
using Microsoft.OpenApi;

namespace CodeSigning.Gateway.Docs;

/// <summary>What the parameters of queries take; handlers read them from text, so that they can refuse with a sentence.</summary>
internal static class QueryWords
{
    /// <summary>Adds to a parameter the words that it takes, or that it is a time.</summary>
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
        else if (WordsOf(operation.OperationId, parameter.Name) is { Count: > 0 } words)
        {
            schema.Enum = words;
        }
    }

    private static List<JsonNode> WordsOf(string? operation, string? parameter) => (operation, parameter) switch
    {
        (_, "format") => ["pem", "der", "p7b", "chain"],
        (_, "ecdsaFormat") => ["der", "raw"],
        (_, "include") => ["chain"],
        ("ListEntries", "kind") => ContractSchemas.WordsOf(typeof(EntryKind)),
        ("ListEntries", "outcome") or ("ListOperations", "status") => ContractSchemas.WordsOf(typeof(EntryOutcome)),
        ("ListApprovalRequests" or "ListSignerRequests", "status") => ContractSchemas.WordsOf(typeof(RequestStatus)),
        _ => [],
    };
}
