using System.Text.Json;
using CodeSigning.Errors;
using CodeSigning.Gateway.Problems;
using CodeSigning.Gateway.Tests.Server;
using Microsoft.AspNetCore.Routing;

namespace CodeSigning.Gateway.Tests.Authorisation;

/// <summary>Every endpoint that the server has, asked by everybody: the answers are those of docs/permissions.md.</summary>
public sealed class PermissionTests : IAsyncLifetime
{
    private CodeSigningServer _server = null!;

    public async Task InitializeAsync() => _server = await CodeSigningServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public void Every_endpoint_has_a_row_and_every_row_an_endpoint()
    {
        var endpoints = _server.Endpoints.SelectMany(CallsOf).Order().ToList();
        var rows = PermissionTable.Read().Select(row => row.Endpoint).Distinct().Order().ToList();

        Assert.Equal(endpoints, rows);
    }

    [Fact]
    public async Task Every_endpoint_answers_every_role_as_the_table_says()
    {
        var stage = await Stage.BuildAsync(_server);
        var wrong = new List<string>();
        foreach (var row in PermissionTable.Read())
        {
            foreach (var (who, role, client) in Askers(stage.Cast))
            {
                var (path, body) = await Scenes.SetAsync(stage, row, role);
                var answer = await AskAsync(client, row.Method, path, body);
                if (Describe(answer, row) != Expected(row.Answers[role]))
                {
                    wrong.Add($"{row.Call} by {who}: {Describe(answer, row)} instead of {row.Answers[role]}: {answer.BodyText}");
                }

                if (Scenes.EndTheSession.Contains(row.Call) && role != Role.NoToken)
                {
                    await stage.Cast.ReturnAsync(role);
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static IEnumerable<(string Who, Role Role, ApiClient Client)> Askers(Cast cast) =>
    [
        .. cast.Outsiders.Select(outsider => (outsider.Who, Role.NoToken, outsider.Client)),
        .. Enum.GetValues<Role>().Where(role => role != Role.NoToken).Select(role => (role.ToString(), role, cast[role])),
    ];

    private static Task<ApiAnswer> AskAsync(ApiClient client, HttpMethod method, string path, object? body) => method.Method switch
    {
        "POST" => client.PostAsync(path, body),
        "PUT" => client.PutAsync(path, body!),
        "PATCH" => client.PatchAsync(path, body!),
        _ => client.SendAsync(method, path),
    };

    private static string Describe(ApiAnswer answer, PermissionRow row) => answer.Code is { } code
        ? $"{answer.Status} {code}"
        : row.Endpoint.EndsWith("/sign/batch", StringComparison.Ordinal) ? DescribeItem(answer.Json) : $"{answer.Status}";

    /// <summary>A batch succeeds as such; what became of its one item is in it.</summary>
    private static string DescribeItem(JsonElement batch)
    {
        var item = batch.GetProperty("items").EnumerateArray().Single();
        var status = item.GetProperty("status").GetInt32();
        return status == 200 ? "200" : $"{status} {item.GetProperty("code").GetString()}";
    }

    private static string Expected(string cell) => cell switch
    {
        "401" => "401 Unauthenticated",
        "403" => "403 Forbidden",
        "404" => "404 NotFound",
        _ when Enum.TryParse<ErrorCode>(cell, out var code) && !char.IsDigit(cell[0]) => $"{ErrorCodeTable.StatusOf(code)} {code}",
        _ => cell,
    };

    private static IEnumerable<string> CallsOf(RouteEndpoint endpoint)
    {
        var path = endpoint.RoutePattern.RawText!.TrimEnd('/');
        return endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(method => $"{method} {path}");
    }
}
