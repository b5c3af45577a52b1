using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What a client is told of a mistake in its request.</summary>
[Collection(SharedServer.Collection)]
public sealed class JsonMistakeTests(SharedServer shared)
{
    [Theory]
    [InlineData("""{"commonName":"x","keyAlgorithm":"EC_P256","ttlDays":1,"colour":1}""", "The field 'colour' is unknown.")]
    [InlineData("""{"commonName":"x","keyAlgorithm":"EC_P256"}""", "The field 'ttlDays' is missing.")]
    [InlineData("""{"commonName":"x","keyAlgorithm":"EC_P256","ttlDays":"1"}""", "The field 'ttlDays' must be a whole number.")]
    [InlineData("""{"commonName":1,"keyAlgorithm":"EC_P256","ttlDays":1}""", "The field 'commonName' must be a string.")]
    [InlineData("""{"commonName":null,"keyAlgorithm":"EC_P256","ttlDays":1}""", "The field 'commonName' cannot be null.")]
    [InlineData("""{"commonName":"x","keyAlgorithm":"EC_P256","ttlDays":1,"ttlDays":1}""", "The field 'ttlDays' is given twice.")]
    [InlineData("""{"commonName":"x","keyAlgorithm":"EC_P256","ttlDays":1,"ttlD\u0061ys":1}""", "The field 'ttlDays' is given twice.")]
    public async Task Error_about_a_body_names_the_field_and_nothing_internal(string body, string sentence)
    {
        var client = await shared.Server.AsAdministratorAsync();

        var answer = (await client.SendTextAsync(HttpMethod.Post, "/api/v1/pki/ca", body)).Refused(400, "InvalidRequest");

        Assert.Equal(sentence, answer.Text("detail"));
    }

    [Theory]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/problem+json")]
    [InlineData("text/json")]
    public async Task Body_with_unsupported_charset_or_media_type_is_refused(string contentType)
    {
        var client = await shared.Server.AsAdministratorAsync();
        foreach (var path in new[] { "/api/v1/groups", "/api/v1/pki/signers/sgn_00000000000000000000000000/sign" })
        {
            using var content = new ByteArrayContent("{\"name\":\"x\"}"u8.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            (await client.SendAsync(HttpMethod.Post, path, content)).Refused(415, "InvalidRequest");
        }
    }

    [Fact]
    public async Task Encoded_body_is_refused()
    {
        var client = await shared.Server.AsAdministratorAsync();
        using var content = new ByteArrayContent("{\"name\":\"x\"}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", "gzip");

        (await client.SendAsync(HttpMethod.Post, "/api/v1/groups", content)).Refused(415, "InvalidRequest");
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    [InlineData("APPLICATION/JSON")]
    public async Task Media_type_of_UTF_8_JSON_may_be_spelled_differently(string contentType)
    {
        var client = await shared.Server.AsAdministratorAsync();
        using var content = new StringContent($$"""{"name":"g{{Guid.NewGuid():n}}"}""");
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        (await client.SendAsync(HttpMethod.Post, "/api/v1/groups", content)).Succeeded();
    }

    [Theory]
    [InlineData("limit=x")]
    [InlineData("limit=1&limit=2")]
    public async Task Error_in_a_parameter_is_reported_as_a_parameter_error(string query)
    {
        var answer = (await (await shared.Server.AsAdministratorAsync()).GetAsync($"/api/v1/users?{query}")).Refused(400, "InvalidRequest");

        Assert.Contains("parameter", answer.Text("detail"), StringComparison.Ordinal);
    }
}
