using System.Net;
using System.Text.Json;
using CodeSigning.Gateway.Docs;
using CodeSigning.Gateway.Tests.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Gateway.Tests.Docs;

/// <summary>The published contract is committed as text, so that a change to it is seen when it is reviewed.</summary>
[Collection(SharedServer.Collection)]
public sealed class OpenApiTests(SharedServer shared)
{
    private static readonly string Committed = Path.Combine(AppContext.BaseDirectory, "Docs", "openapi.json");

    /// <remarks>
    /// Where the contract was meant to change: look at the difference, and commit what the failure names as
    /// tests/gateway/Docs/openapi.json. Within v1, fields are only added.
    /// </remarks>
    [Fact]
    public async Task Document_equals_the_committed_snapshot()
    {
        var answer = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Succeeded();
        var actual = answer.BodyText.ReplaceLineEndings("\n").TrimEnd() + "\n";
        var expected = (await File.ReadAllTextAsync(Committed)).ReplaceLineEndings("\n");
        if (actual != expected)
        {
            var path = Path.Combine(AppContext.BaseDirectory, "openapi.actual.json");
            await File.WriteAllTextAsync(path, actual);
            Assert.Fail($"The OpenAPI document is not tests/gateway/Docs/openapi.json. If it was meant to change, commit {path} in its place.");
        }
    }

    [Fact]
    public async Task Document_is_built_once_for_concurrent_requests()
    {
        await using var server = await CodeSigningServer.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => server.AsNobody().GetAsync("/openapi/v1.json")));
        var documents = server.Services.GetRequiredService<OpenApiDocumentCache>();

        Assert.All(answers, answer => Assert.Equal(answers[0].Body, answer.Succeeded().Body));
        Assert.Same(await documents.GetAsync(default), await documents.GetAsync(default));
    }

    [Fact]
    public async Task Document_is_not_sent_again_to_a_client_with_it()
    {
        var tag = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Succeeded().Headers.ETag!;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        request.Headers.IfNoneMatch.Add(tag);

        using var response = await shared.Server.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
    }

    [Fact]
    public async Task Every_endpoint_is_described_with_its_errors()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).ToList();
        var names = shared.Server.Endpoints
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal))
            .Select(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName);

        Assert.Equal(names.Order(), operations.Select(operation => operation.Value.GetProperty("operationId").GetString()).Order());
        Assert.All(operations, operation =>
        {
            Assert.True(operation.Value.TryGetProperty("summary", out _), operation.Value.GetProperty("operationId").GetString());
            Assert.True(operation.Value.GetProperty("responses").TryGetProperty("default", out _));
        });
    }

    [Fact]
    public async Task Every_reference_within_the_document_resolves()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var schemas = document.GetProperty("components").GetProperty("schemas");

        Assert.All(References(document), reference =>
            Assert.True(schemas.TryGetProperty(NameOf(reference), out _), reference));
    }

    /// <remarks>Fields are only added to answers, and are left out where they are null; of requests, unknown ones are refused.</remarks>
    [Fact]
    public async Task Answer_schemas_are_open_and_request_schemas_are_closed()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(entry => entry.Value);
        var schemas = document.GetProperty("components").GetProperty("schemas");
        var answers = operations.SelectMany(operation => Reachable(operation.GetProperty("responses"), schemas)).ToHashSet();
        var requests = operations.SelectMany(operation =>
            operation.TryGetProperty("requestBody", out var body) ? Reachable(body, schemas) : []).ToHashSet();

        Assert.All(answers, name => Assert.False(IsClosed(schemas.GetProperty(name)), name));
        Assert.All(answers, name => Assert.Empty(NullableRequired(schemas.GetProperty(name))));
        Assert.All(
            requests.Except(answers).Where(name => schemas.GetProperty(name).TryGetProperty("properties", out _)),
            name => Assert.True(IsClosed(schemas.GetProperty(name)), name));
    }

    [Fact]
    public async Task Example_of_a_signature_is_as_described()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var mistakes = new SchemaMistakes(document.GetProperty("components").GetProperty("schemas"));
        var sign = document.GetProperty("paths").GetProperty("/api/v1/pki/signers/{signerId}/sign").GetProperty("post");

        Assert.All([sign.GetProperty("requestBody"), sign.GetProperty("responses").GetProperty("200")], part =>
        {
            var json = part.GetProperty("content").GetProperty("application/json");
            Assert.Empty(mistakes.Find(json.GetProperty("example"), json.GetProperty("schema")));
        });
    }

    [Fact]
    public async Task Docs_page_loads_only_from_the_server_itself()
    {
        var page = (await shared.Server.AsNobody().GetAsync("/docs/index.html")).Succeeded();

        Assert.Equal("text/html", page.ContentType);
        Assert.DoesNotContain("//", page.BodyText.Replace("<!--", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach (var file in new[] { "swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "index.js", "index.css" })
        {
            (await shared.Server.AsNobody().GetAsync($"/docs/{file}")).Succeeded();
        }
    }

    private static bool IsClosed(JsonElement schema) =>
        schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.False;

    private static IEnumerable<string> NullableRequired(JsonElement schema) => schema.TryGetProperty("required", out var required)
        ? required.EnumerateArray().Select(name => name.GetString()!).Where(name => TakesNull(schema.GetProperty("properties").GetProperty(name)))
        : [];

    private static bool TakesNull(JsonElement schema) =>
        (schema.TryGetProperty("type", out var type) && type.ToString().Contains("null", StringComparison.Ordinal))
        || (schema.TryGetProperty("oneOf", out var choices) && choices.EnumerateArray().Any(TakesNull));

    /// <summary>The names of the schemas that a part of the document leads to.</summary>
    private static HashSet<string> Reachable(JsonElement part, JsonElement schemas)
    {
        var found = new HashSet<string>();
        var open = new Queue<JsonElement>([part]);
        while (open.TryDequeue(out var next))
        {
            foreach (var name in References(next).Select(NameOf).Where(found.Add))
            {
                open.Enqueue(schemas.GetProperty(name));
            }
        }

        return found;
    }

    private static string NameOf(string reference) => reference["#/components/schemas/".Length..];

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member is { Name: "$ref", Value.ValueKind: JsonValueKind.String }
                ? [member.Value.GetString()!]
                : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
