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
    private const string ResponsePrefix = "#/components/responses/";

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

        var responses = document.GetProperty("components").GetProperty("responses");
        Assert.All(References(document), reference => Assert.True(
            (reference.StartsWith(ResponsePrefix, StringComparison.Ordinal) ? responses : schemas).TryGetProperty(NameOf(reference), out _), reference));
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
    public async Task Every_body_and_answer_has_a_valid_example()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var mistakes = new SchemaMistakes(document.GetProperty("components").GetProperty("schemas"));
        Assert.All(Operations(document), operation => Assert.All(Contents(operation.Value), content =>
        {
            var place = $"{operation.Value.GetProperty("operationId")} {content.Name}";
            if (!content.Value.TryGetProperty("example", out var example))
            {
                Assert.True(BinaryTypes.Contains(content.Name), $"{place} has no example");
                return;
            }

            if (content.Name == "application/json")
            {
                Assert.True(!mistakes.Find(example, content.Value.GetProperty("schema")).Any(), $"{place}: {string.Join(", ", mistakes.Find(example, content.Value.GetProperty("schema")))}");
            }
        }));
    }

    /// <remarks>A field without a value has none in any example: give it one, or say that examples leave it out.</remarks>
    [Fact]
    public async Task Every_field_has_an_example_or_is_left_out()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.All(Operations(document).SelectMany(operation => Contents(operation.Value)).Where(content => content.Name == "application/json"), content =>
        {
            var name = NameOf(References(content.Value.GetProperty("schema")).First());
            var example = content.Value.GetProperty("example");
            Assert.All(schemas.GetProperty(name).GetProperty("properties").EnumerateObject(), member => Assert.True(
                ExampleValues.IsLeftOut(name, member.Name) || example.TryGetProperty(member.Name, out _), $"{name}.{member.Name} has no example"));
        });
    }

    [Fact]
    public async Task Every_parameter_is_described()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        Assert.All(Operations(document), operation => Assert.All(
            operation.Value.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().ToArray() : [],
            parameter => Assert.True(
                parameter.TryGetProperty("description", out var text) && text.GetString()!.Length > 0,
                $"{operation.Value.GetProperty("operationId")} {parameter.GetProperty("name")}")));
    }

    [Fact]
    public async Task Refusals_are_described_by_status_with_an_example()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var responses = document.GetProperty("components").GetProperty("responses");
        Assert.All(Operations(document), operation =>
        {
            var statuses = operation.Value.GetProperty("responses").EnumerateObject().Select(response => response.Name).ToArray();
            Assert.Contains("429", statuses);
            Assert.Contains("503", statuses);
            Assert.Equal(operation.Value.TryGetProperty("requestBody", out _), statuses.Contains("415"));
            Assert.Equal(operation.Value.TryGetProperty("security", out _), statuses.Contains("403"));
        });
        var mistakes = new SchemaMistakes(document.GetProperty("components").GetProperty("schemas"));
        Assert.All(responses.EnumerateObject(), response =>
        {
            var problem = response.Value.GetProperty("content").GetProperty("application/problem+json");
            Assert.Empty(mistakes.Find(problem.GetProperty("example"), problem.GetProperty("schema")));
        });
        Assert.Equal("/", document.GetProperty("servers")[0].GetProperty("url").GetString());
    }

    [Fact]
    public async Task Descriptions_tell_of_the_API_and_not_of_our_code()
    {
        var document = (await shared.Server.AsNobody().GetAsync("/openapi/v1.json")).Json;
        var ours = typeof(OpenApiDocumentCache).Assembly.GetTypes().Select(type => type.Name.Split('`')[0]).Where(name => name.Length > 8).ToHashSet();
        ours.ExceptWith(Enum.GetNames<ErrorCode>());
        Assert.All(Descriptions(document), text =>
        {
            Assert.DoesNotContain("OpenAPI document", text, StringComparison.Ordinal);
            Assert.DoesNotContain(text.Split(' ', '.', ',', ';', '(', ')', '`', '\n'), word => ours.Contains(word));
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

    private static readonly string[] BinaryTypes =
    [
        "application/pkix-cert", "application/x-pkcs7-certificates", "application/pkix-crl", "application/octet-stream", "application/gzip",
        "application/pdf", "application/zip",
    ];

    private static IEnumerable<JsonProperty> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject());

    /// <summary>The media types of an operation's body and of its answers.</summary>
    private static IEnumerable<JsonProperty> Contents(JsonElement operation)
    {
        var answers = operation.GetProperty("responses").EnumerateObject()
            .Where(response => response.Name.StartsWith('2')).Select(response => response.Value);
        return (operation.TryGetProperty("requestBody", out var body) ? answers.Prepend(body) : answers)
            .SelectMany(part => part.TryGetProperty("content", out var content) ? content.EnumerateObject().ToArray() : []);
    }

    private static IEnumerable<string> Descriptions(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member is { Name: "description" or "summary", Value.ValueKind: JsonValueKind.String }
                ? [member.Value.GetString()!]
                : Descriptions(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Descriptions),
        _ => [],
    };

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
            foreach (var name in References(next).Where(reference => !reference.StartsWith(ResponsePrefix, StringComparison.Ordinal)).Select(NameOf).Where(found.Add))
            {
                open.Enqueue(schemas.GetProperty(name));
            }
        }

        return found;
    }

    private static string NameOf(string reference) => reference[(reference.LastIndexOf('/') + 1)..];

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
