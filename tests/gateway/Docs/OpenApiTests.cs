using System.Text.Json;
using CodeSigning.Gateway.Tests.Server;
using Microsoft.AspNetCore.Routing;

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
    public async Task The_document_is_the_committed_one()
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
    public async Task Every_endpoint_is_described_and_says_what_it_refuses_with()
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
    public async Task Every_reference_within_the_document_leads_somewhere()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var schemas = document.GetProperty("components").GetProperty("schemas");

        Assert.All(References(document), reference =>
            Assert.True(schemas.TryGetProperty(reference["#/components/schemas/".Length..], out _), reference));
    }

    [Fact]
    public async Task The_page_comes_from_the_server_itself_and_loads_nothing_from_elsewhere()
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
