using System.Net.Http.Headers;
using System.Text;
using CodeSigning.Gateway.Tests.Server;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>
/// Every endpoint against everything that clients and attackers send: each answer is a problem of the client's with a code.
/// The endpoints are those that the server has, so that a new one is tested before anybody thinks of it.
/// </summary>
public abstract class HostileInputTests(CodeSigningServer server)
{
    private static readonly string[] HostileIds =
    [
        "x", "sgn_", "sgn_00000000000000000000000000", "usr_00000000000000000000000000", "SGN_00000000000000000000000000",
        "..%2f..%2fetc%2fpasswd", "%ff%fe", "%ed%a0%80", "a'%20OR%20'1'='1", "%F0%9F%94%91", "-", "null",
        new string('a', 2000), "%22%3E%3Cscript%3E", "op_00000000000000000000000000", "{signerId}",
    ];

    private static readonly string[] HostileValues =
    [
        "", "%00", "x", "-1", "1e999", "%ff%fe", "%ed%a0%80", "'%20OR%201=1--", "%25", "_", "\\", "9999999999999999999999",
        "sgn_00000000000000000000000000", "%F0%9F%94%91", "true", "[]", new string('a', 5000),
    ];

    private static readonly (string What, byte[] Body)[] HostileBodies =
    [
        ("nothing", []),
        ("null", "null"u8.ToArray()),
        ("an array", "[]"u8.ToArray()),
        ("a string", "\"x\""u8.ToArray()),
        ("a number", "1"u8.ToArray()),
        ("no JSON", "{"u8.ToArray()),
        ("a comment", "{/* */}"u8.ToArray()),
        ("a trailing comma", "{\"name\":\"x\",}"u8.ToArray()),
        ("two values", "{} {}"u8.ToArray()),
        ("single quotes", "{'name':'x'}"u8.ToArray()),
        ("an unknown field", "{\"noSuchField\":1}"u8.ToArray()),
        ("a field in another case", "{\"NAME\":\"x\"}"u8.ToArray()),
        ("a duplicate field", "{\"name\":\"x\",\"name\":\"y\"}"u8.ToArray()),
        ("a lone surrogate", "{\"name\":\"\\ud800\"}"u8.ToArray()),
        ("a lone surrogate as a name", "{\"\\udc00\":1}"u8.ToArray()),
        ("a null character", "{\"name\":\"a\\u0000b\"}"u8.ToArray()),
        ("a raw null character", "{\"name\":\"a\0b\"}"u8.ToArray()),
        ("no UTF-8", [.. "{\"name\":\""u8, 0xff, 0xfe, .. "\"}"u8]),
        ("UTF-16", Encoding.Unicode.GetBytes("{\"name\":\"x\"}")),
        ("a byte order mark", [0xef, 0xbb, 0xbf, .. "{\"noSuchField\":1}"u8]),
        ("a hundred levels", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100))),
        ("ten thousand arrays", Encoding.ASCII.GetBytes("{\"name\":" + new string('[', 10_000) + new string(']', 10_000) + "}")),
        ("a huge number", "{\"name\":1e999999}"u8.ToArray()),
        ("three megabytes", Encoding.ASCII.GetBytes("{\"name\":\"" + new string('x', 3_000_000) + "\"}")),
    ];

    [Fact]
    public async Task No_body_makes_any_endpoint_fail()
    {
        var client = await server.AsAdministratorAsync();
        var endpoints = server.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null).ToList();
        Assert.NotEmpty(endpoints);
        foreach (var endpoint in endpoints)
        {
            foreach (var (what, body) in HostileBodies)
            {
                using var content = new ByteArrayContent(body);
                content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
                var answer = await client.SendAsync(MethodOf(endpoint), PathOf(endpoint, Plausible), content);
                AssertRefused(answer, $"{Name(endpoint)} with {what}");
            }
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData(null)]
    public async Task Body_of_another_type_is_refused_everywhere(string? contentType)
    {
        var client = await server.AsAdministratorAsync();
        foreach (var endpoint in server.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null))
        {
            using var content = new ByteArrayContent("{}"u8.ToArray());
            content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
            var answer = await client.SendAsync(MethodOf(endpoint), PathOf(endpoint, Plausible), content);
            AssertRefused(answer, $"{Name(endpoint)} with {contentType}");
        }
    }

    [Fact]
    public async Task No_id_makes_any_endpoint_fail()
    {
        var client = await server.AsAdministratorAsync();
        foreach (var endpoint in Api().Where(endpoint => endpoint.RoutePattern.Parameters.Count > 0))
        {
            foreach (var id in HostileIds)
            {
                var content = endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is null ? null : new StringContent("{}", Encoding.UTF8, "application/json");
                var answer = await client.SendAsync(MethodOf(endpoint), PathOf(endpoint, _ => id), content);
                AssertRefused(answer, $"{Name(endpoint)} with the id {id}");
            }
        }
    }

    [Fact]
    public async Task Null_character_in_an_address_reaches_no_endpoint() =>
        Assert.Equal(400, (await server.AsNobody().GetAsync("/api/v1/pki/signers/%00")).Status);

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("limit=-1")]
    [InlineData("limit=x")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("limit=1&limit=2")]
    [InlineData("cursor=%00")]
    [InlineData("cursor=' OR 1=1")]
    [InlineData("cursor=")]
    [InlineData("cursor=%ed%a0%80")]
    [InlineData("cursor=xxx_00000000000000000000000000")]
    [InlineData("cursor=zzz")]
    public async Task Every_list_refuses_an_invalid_page(string query)
    {
        var client = await server.AsAdministratorAsync();
        var lists = Api().Where(endpoint => MethodOf(endpoint) == HttpMethod.Get && endpoint.RoutePattern.Parameters.Count == 0
            && Name(endpoint).StartsWith("List", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(lists);
        foreach (var endpoint in lists)
        {
            AssertRefused(await client.GetAsync($"{PathOf(endpoint, Plausible)}?{query}"), $"{Name(endpoint)}?{query}");
        }
    }

    [Fact]
    public async Task No_query_makes_any_endpoint_fail()
    {
        var client = await server.AsAdministratorAsync();
        var ca = (await client.PostAsync("/api/v1/pki/ca", new { commonName = "Root", keyAlgorithm = "EC_P256", ttlDays = 100 })).Succeeded().Text("id");
        var signer = (await client.PostAsync(
            "/api/v1/pki/signers", new { name = $"h{Guid.NewGuid():n}"[..20], caId = ca, commonName = "H", keyAlgorithm = "EC_P256" }))
            .Succeeded().Text("id");
        var paths = (await server.AsNobody().GetAsync("/openapi/v1.json")).Json.GetProperty("paths");
        var asked = 0;
        foreach (var path in paths.EnumerateObject())
        {
            if (!path.Value.TryGetProperty("get", out var get) || !get.TryGetProperty("parameters", out var parameters))
            {
                continue;
            }

            foreach (var parameter in parameters.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == "query"))
            {
                foreach (var value in HostileValues)
                {
                    var address = $"{Fill(path.Name, signer)}?{parameter.GetProperty("name").GetString()}={value}";
                    var answer = await client.GetAsync(address);
                    Assert.True(answer.Status < 500, $"{address}: {answer.Status} {answer.BodyText}");
                    asked++;
                }
            }
        }

        Assert.NotEqual(0, asked);
    }

    [Theory]
    [InlineData("kind=x")]
    [InlineData("outcome=SUCCESS")]
    [InlineData("signer=..")]
    [InlineData("signer=usr_00000000000000000000000000")]
    [InlineData("from=yesterday")]
    [InlineData("to=2026-13-01T00:00:00Z")]
    [InlineData("from=2026-01-31T12:00:00")]
    [InlineData("from=2026-01-31T12:00:00Z&from=2026-01-31T12:00:00Z")]
    [InlineData("cursor=usr_00000000000000000000000000")]
    public async Task Invalid_filter_is_refused(string query)
    {
        var client = await server.AsAdministratorAsync();

        AssertRefused(await client.GetAsync($"/api/v1/ledger/entries?{query}"), query);
    }

    [Theory]
    [InlineData("GET", "/index.html")]
    [InlineData("GET", "/api")]
    [InlineData("GET", "/api/v1")]
    [InlineData("GET", "/api/v2/me")]
    [InlineData("GET", "/api/v1/pki/signers/a/b/c")]
    public async Task Unknown_path_is_answered_with_a_problem(string method, string path) =>
        (await server.AsNobody().SendAsync(new HttpMethod(method), path)).Refused(404, "NotFound");

    [Theory]
    [InlineData("PUT", "/api/v1/me")]
    [InlineData("TRACE", "/api/v1/me")]
    [InlineData("BREW", "/api/v1/pki/signers")]
    [InlineData("POST", "/healthz")]
    public async Task Unsupported_method_is_answered_with_a_problem(string method, string path)
    {
        var answer = await server.AsNobody().SendAsync(new HttpMethod(method), path);

        answer.Refused(405, "InvalidRequest");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("\t")]
    public async Task Invalid_idempotency_key_is_refused(string key)
    {
        var client = await server.AsAdministratorAsync();

        AssertRefused(await client.PostAsync("/api/v1/groups", new { name = "keys" }, idempotencyKey: key), key);
        AssertRefused(await client.PostAsync("/api/v1/groups", new { name = "keys" }, idempotencyKey: new string('k', 129)), "129");
    }

    private IEnumerable<RouteEndpoint> Api() => server.Endpoints.Where(
        endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal));

    private static void AssertRefused(ApiAnswer answer, string what)
    {
        Assert.True(answer.Status is >= 400 and < 500, $"{what}: {answer.Status} {answer.BodyText}");
        answer.IsProblem();
    }

    private static string Name(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? endpoint.DisplayName!;

    private static HttpMethod MethodOf(RouteEndpoint endpoint) =>
        new(endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0]);

    private static string PathOf(RouteEndpoint endpoint, Func<string, string> valueOf) =>
        string.Concat(endpoint.RoutePattern.PathSegments.Select(segment => "/" + string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => valueOf(parameter.Name),
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            _ => throw new InvalidOperationException(),
        }))));

    private static string Fill(string path, string signer) => string.Join(
        '/', path.Split('/').Select(part => part == "{signerId}" ? signer : part.StartsWith('{') ? Plausible(part.Trim('{', '}')) : part));

    /// <summary>An id of the kind that the parameter is named after, which nothing bears.</summary>
    private static string Plausible(string parameter) => parameter switch
    {
        "signerId" => "sgn_00000000000000000000000000",
        "caId" => "cas_00000000000000000000000000",
        "certificateId" => "crt_00000000000000000000000000",
        "userId" => "usr_00000000000000000000000000",
        "identityId" => "idn_00000000000000000000000000",
        "groupId" => "grp_00000000000000000000000000",
        _ => "xxx_00000000000000000000000000",
    };
}
