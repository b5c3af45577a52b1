using System.Text.Json;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Docs;

/// <summary>The OpenAPI document as a client reads it, to compare answers with.</summary>
internal sealed class PublishedDocument(JsonElement document)
{
    private readonly SchemaMistakes _schemas = new(document.GetProperty("components").GetProperty("schemas"));

    public static async Task<PublishedDocument> ReadAsync(CodeSigningServer server) =>
        new((await server.AsNobody().GetAsync("/openapi/v1.json")).Succeeded().Json);

    /// <summary>Whether the document tells of a call, such as <c>GET /api/v1/me</c>.</summary>
    public bool Describes(string endpoint) => FindOperation(endpoint) is not null;

    /// <summary>Where an answer is not what the document says of the call.</summary>
    public IEnumerable<string> FindMistakes(string endpoint, ApiAnswer answer)
    {
        var responses = FindOperation(endpoint)!.Value.GetProperty("responses");
        if (!responses.TryGetProperty($"{answer.Status}", out var response) && answer.Status < 400)
        {
            return [$"{endpoint}: the status {answer.Status} is not described"];
        }

        return OfBody(Resolve(response.ValueKind == JsonValueKind.Undefined ? responses.GetProperty("default") : response), answer)
            .Select(mistake => $"{endpoint}: {answer.Status} {mistake}");
    }

    private JsonElement Resolve(JsonElement response) => response.TryGetProperty("$ref", out var reference)
        ? document.GetProperty("components").GetProperty("responses").GetProperty(reference.GetString()!["#/components/responses/".Length..])
        : response;

    private IEnumerable<string> OfBody(JsonElement response, ApiAnswer answer)
    {
        if (!response.TryGetProperty("content", out var content))
        {
            return answer.Body.Length == 0 ? [] : ["no body is described"];
        }

        if (answer.ContentType is null || !content.TryGetProperty(answer.ContentType, out var type))
        {
            return [$"the media type {answer.ContentType} is not described"];
        }

        return answer.ContentType.EndsWith("json", StringComparison.Ordinal)
            ? _schemas.Find(answer.Json, type.GetProperty("schema")).Select(mistake => $"{mistake} in {answer.BodyText}")
            : [];
    }

    private JsonElement? FindOperation(string endpoint)
    {
        var (method, path) = (endpoint.Split(' ')[0].ToLowerInvariant(), endpoint.Split(' ')[1].Split('?')[0]);
        return document.GetProperty("paths").TryGetProperty(path, out var operations) && operations.TryGetProperty(method, out var operation)
            ? operation
            : null;
    }
}
