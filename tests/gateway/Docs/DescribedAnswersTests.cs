using System.Net.Http.Json;
using CodeSigning.Gateway.Tests.Authorisation;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Docs;

/// <summary>What the server answers is what its OpenAPI document says: a client that was generated from it can read it.</summary>
public sealed class DescribedAnswersTests(StagedServer staged) : IClassFixture<StagedServer>
{
    private readonly CodeSigningServer _server = staged.Server;
    private readonly Stage _stage = staged.Stage;
    private readonly PublishedDocument _document = staged.Document;

    [Fact]
    public async Task Every_granted_or_refused_call_is_answered_as_described()
    {
        var mistakes = new List<string>();
        foreach (var row in PermissionTable.Read().Where(row => _document.Describes(row.Endpoint)))
        {
            foreach (var role in RolesOfEachAnswer(row))
            {
                var (path, body) = await Scenes.SetAsync(_stage, row, role);
                var asker = role == Role.NoToken ? _server.AsNobody() : _stage.Cast[role];
                mistakes.AddRange(_document.FindMistakes(row.Endpoint, await AskAsync(asker, row.Method, path, body)));
                if (Scenes.EndTheSession.Contains(row.Call) && role != Role.NoToken)
                {
                    await _stage.Cast.ReturnAsync(role);
                }
            }
        }

        AssertNone(mistakes);
    }

    [Theory]
    [InlineData("pem", "application/x-pem-file")]
    [InlineData("der", "application/pkix-cert")]
    [InlineData("p7b", "application/x-pkcs7-certificates")]
    [InlineData("chain", "application/pem-certificate-chain")]
    public async Task Certificate_comes_with_a_media_type_that_is_described(string format, string mediaType)
    {
        var client = await _server.AsAdministratorAsync();
        var signer = _stage.Cast[Role.Administrator];

        await DescribedAsync("GET /api/v1/pki/ca/{caId}/certificate", client, $"/api/v1/pki/ca/{_stage.Authority}/certificate?format={format}");
        await DescribedAsync(
            "GET /api/v1/pki/certificates/{certificateId}/export", client, $"/api/v1/pki/certificates/{_stage.Certificate}/export?format={format}");
        var answer = await DescribedAsync(
            "GET /api/v1/pki/signers/{signerId}/certificate", signer, $"/api/v1/pki/signers/{_stage.Signer}/certificate?format={format}");
        Assert.Equal(mediaType, answer.ContentType);
    }

    [Fact]
    public async Task Denial_names_the_request_to_open_as_described()
    {
        var path = $"/api/v1/pki/signers/{_stage.ApprovedSigner}/sign";
        var denied = await AskAsync(_stage.Cast[Role.Operator], HttpMethod.Post, path, Stage.Digest());
        var batch = await AskAsync(_stage.Cast[Role.Operator], HttpMethod.Post, $"{path}/batch", new { items = new[] { Stage.Digest() } });

        Assert.True(denied.Refused(403, "ApprovalRequired").Json.TryGetProperty("request", out _));
        Assert.True(batch.Succeeded().Json.GetProperty("items")[0].TryGetProperty("request", out _));
        AssertNone(_document.FindMistakes("POST /api/v1/pki/signers/{signerId}/sign", denied));
        AssertNone(_document.FindMistakes("POST /api/v1/pki/signers/{signerId}/sign/batch", batch));
    }

    [Fact]
    public async Task Ledger_entries_of_all_actions_are_as_described()
    {
        var client = await _server.AsAdministratorAsync();
        await _stage.Cast[Role.Operator].PostAsync($"/api/v1/pki/signers/{_stage.ApprovedSigner}/sign", Stage.Digest());
        var next = "";
        do
        {
            var page = await DescribedAsync("GET /api/v1/ledger/entries", client, $"/api/v1/ledger/entries?limit=7{next}");
            next = page.Json.TryGetProperty("next", out var cursor) ? $"&cursor={cursor.GetString()}" : null;
        }
        while (next is not null);
    }

    /// <summary>For each answer that the row has, those who see the least and the most of it.</summary>
    private static IEnumerable<Role> RolesOfEachAnswer(PermissionRow row) => row.Answers
        .GroupBy(answer => answer.Value, answer => answer.Key)
        .SelectMany(roles => new[] { roles.Min(), roles.Max() })
        .Distinct()
        .Order();

    private static Task<ApiAnswer> AskAsync(ApiClient client, HttpMethod method, string path, object? body) =>
        client.SendAsync(method, path, body is null ? null : JsonContent.Create(body));

    private async Task<ApiAnswer> DescribedAsync(string endpoint, ApiClient client, string path)
    {
        var answer = (await client.GetAsync(path)).Succeeded();
        AssertNone(_document.FindMistakes(endpoint, answer));
        return answer;
    }

    private static void AssertNone(IEnumerable<string> mistakes) => Assert.True(!mistakes.Any(), string.Join('\n', mistakes.Distinct()));
}
