using System.Text.Json;
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_endpoint_answers_every_role_as_the_table_says(bool byCookie)
    {
        _server.IsAskedByCookie = byCookie;
        var stage = await Stage.BuildAsync(_server);
        var wrong = new List<string>();
        foreach (var row in PermissionTable.Read())
        {
            foreach (var (who, role, client) in Askers(stage.Cast))
            {
                var (path, body) = await Scenes.SetAsync(stage, row, role);
                var before = await stage.LastChangeAsync();
                var answer = await AskAsync(client, row.Method, path, body);
                if (answer.Status >= 400 && await stage.LastChangeAsync() != before)
                {
                    wrong.Add($"{row.Call} by {who}: {Describe(answer, row)}, and yet there is an entry of a change.");
                }

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

    [Fact]
    public async Task Lists_hold_only_items_that_the_caller_may_read()
    {
        var stage = await Stage.BuildAsync(_server);
        await stage.NewRequestAsync();
        foreach (var role in Enum.GetValues<Role>().Where(role => role != Role.NoToken))
        {
            var client = stage.Cast[role];
            var readable = new List<string>();
            foreach (var signer in new[] { stage.Signer, stage.ApprovedSigner })
            {
                if ((await client.GetAsync($"/api/v1/pki/signers/{signer}")).Status == 200)
                {
                    readable.Add(signer);
                }
            }

            Assert.Equal(readable.Order(), (await IdsAsync(client, "/api/v1/pki/signers")).Order());
            foreach (var request in await IdsAsync(client, "/api/v1/pki/approval-requests"))
            {
                (await client.GetAsync($"/api/v1/pki/approval-requests/{request}")).Succeeded();
            }
        }

        Assert.Empty(await IdsAsync(stage.Cast[Role.Stranger], "/api/v1/pki/approval-requests"));
        Assert.Single(await IdsAsync(stage.Cast[Role.Approver], "/api/v1/pki/approval-requests?assignedToMe=true"));
        var people = (await stage.Cast[Role.Stranger].GetAsync("/api/v1/users")).Succeeded().Json.GetProperty("items").EnumerateArray();
        var known = Assert.Single(people, person => person.TryGetProperty("email", out _));
        Assert.Equal(stage.Cast.IdOf(Role.Stranger), known.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Administrator_of_one_signer_cannot_bind_another_signers_certificate()
    {
        var stage = await Stage.BuildAsync(_server);
        var theirs = await stage.NewCertificateAsync();
        var administrator = stage.Cast[Role.Administrator];
        var before = (await administrator.GetAsync($"/api/v1/pki/signers/{stage.Signer}")).Succeeded().Text("certificateId");

        (await administrator.PatchAsync($"/api/v1/pki/signers/{stage.Signer}", new { certificateId = theirs })).Refused(403, "Forbidden");

        Assert.Equal(before, (await administrator.GetAsync($"/api/v1/pki/signers/{stage.Signer}")).Succeeded().Text("certificateId"));
    }

    [Fact]
    public async Task Caller_cannot_end_another_callers_session()
    {
        var stage = await Stage.BuildAsync(_server);
        var session = await stage.NewSessionAsync(Role.Auditor);

        (await stage.Cast[Role.ProductAdministrator].DeleteAsync($"/api/v1/me/sessions/{session}")).Refused(404, "NotFound");

        Assert.Contains(session, await IdsAsync(stage.Cast[Role.Auditor], "/api/v1/me/sessions"));
    }

    private static async Task<List<string>> IdsAsync(ApiClient client, string list) =>
    [
        .. (await client.GetAsync(list)).Succeeded().Json.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("id").GetString()!),
    ];

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
