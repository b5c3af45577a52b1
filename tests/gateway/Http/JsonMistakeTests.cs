using CodeSigning.Gateway.Tests.Names;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>What a client is told of a mistake in its request.</summary>
[Collection(SharedServer.Collection)]
public sealed class JsonMistakeTests(SharedServer shared)
{
    [Theory]
    [InlineData("""{"commonName":"x","keyAlgorithm":"EC_P256","ttlDays":1,"colour":1}""", "The field 'colour' is unknown: expected commonName, keyAlgorithm, ttlDays, parentId, custody.")]
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
    [InlineData("pki/signers", """{"name":"x","members":["ann"]}""", "The field 'members[0]' is invalid: expected an object with kind, id, role.")]
    [InlineData("pki/signers", """{"name":"x","members":{}}""", "The field 'members' is invalid: expected an array.")]
    [InlineData("pki/signers", """{"name":"x","members":[null]}""", "The field 'members[0]' cannot be null.")]
    [InlineData("pki/signers", """{"name":"x","members":[{"kind":"group","id":"x","role":"boss"}]}""", "The field 'members[0].role' must be one of administrator, operator, auditor.")]
    [InlineData("pki/signers", """{"name":"x","members":[{"kind":"team","id":"x","role":"operator"}]}""", "The field 'members[0].kind' must be one of user, identity, group.")]
    [InlineData("pki/signing-policies", """{"name":"x","constraints":{},"steps":[{"approvers":[{"kind":"team","id":"x"}],"requiredApprovals":1}]}""", "The field 'steps[0].approvers[0].kind' must be one of user, group.")]
    [InlineData("pki/signing-policies", """{"name":"x","constraints":{"maxSignings":1},"steps":[{"approvers":[],"requiredApprovals":1}]}""", "The field 'steps[0].approvers' is invalid: expected 1 to 50; use groups for more people.")]
    [InlineData("groups/NAME/members", """{"kind":"team","id":"x"}""", "The field 'kind' must be one of user, identity.")]
    [InlineData("groups/NAME/members", """{"kind":"group","id":"x"}""", "The field 'kind' is invalid: expected user or identity; groups do not nest.")]
    [InlineData("groups/NAME/members", """{"kind":"user","id":"x"}""", "The field 'id' is invalid: expected the id or email address of an existing user, and 'x' is none.")]
    [InlineData("pki/certificates", """{"caId":"x","commonName":"x","keyAlgorithm":"EC_P256","ttlDays":1}""", "The field 'caId' is invalid: expected the id or common name of an existing CA.")]
    [InlineData("pki/signers", """{"name":"x","caId":"x","keyAlgorithm":"EC_P256"}""", "The field 'caId' is invalid: expected the id or common name of an existing CA.")]
    [InlineData("pki/signers", """{"name":"x","caId":"x","keyAlgorithm":"EC_P256","certificateTtlDays":0}""", "The field 'certificateTtlDays' is invalid: expected 1 to 3650.")]
    [InlineData("pki/signers", """{"name":"x","certificateId":"x"}""", "The field 'certificateId' is invalid: expected the id of an existing certificate.")]
    [InlineData("pki/signers", """{"name":"x","approvalPolicyId":"x"}""", "The field 'approvalPolicyId' is invalid: expected the id or name of an existing signing policy.")]
    [InlineData("pki/signers", """{"name":"X"}""", "The field 'name' is invalid: expected 1 to 32 characters of a-z, 0-9 and '-', beginning with a letter or a digit.")]
    [InlineData("users", """{"email":"x","name":"x"}""", "The field 'email' is invalid: expected name@host in printable ASCII, at most 254 characters.")]
    [InlineData("groups", """{"name":"a\u0000"}""", "The field 'name' contains the character U+0000, which no text here may have.")]
    [InlineData("groups", """{"name":"\ud800"}""", "The field 'name' is not Unicode text: expected UTF-8 without lone surrogates.")]
    public async Task Message_names_field_cause_and_expectation(string path, string body, string sentence)
    {
        var things = new NamedThings(await shared.Server.AsAdministratorAsync());
        if (path.Contains("NAME", StringComparison.Ordinal))
        {
            await things.GroupAsync("team");
        }

        var answer = await things.Administrator.SendTextAsync(
            HttpMethod.Post, $"/api/v1/{path.Replace("NAME", things.Name("team"), StringComparison.Ordinal)}", body);
        Assert.Equal(sentence, answer.Refused(400, "InvalidRequest").Text("detail"));
    }

    [Theory]
    [InlineData("""{"items":[{"data":"AQ=="}]}""", "The field 'items[0].signingAlgorithm' is missing.")]
    [InlineData("""{"items":[1]}""", "The field 'items[0]' is invalid: expected an object with data, signingAlgorithm, isDigest.")]
    [InlineData("""{"items":[{"digest":"AQ=="}]}""", "The field 'items[0].digest' is unknown: expected data, signingAlgorithm, isDigest.")]
    [InlineData("""{"items":[],"clientMetadata":{"tool":1}}""", "The field 'clientMetadata' is invalid: expected strings only, and 'tool' is none.")]
    public async Task Mistake_in_batch_names_its_item(string body, string sentence)
    {
        var things = new NamedThings(await shared.Server.AsAdministratorAsync());
        await things.SignerAsync("signer", await things.AuthorityAsync("root"));
        var answer = await things.Administrator.SendTextAsync(
            HttpMethod.Post, $"/api/v1/pki/signers/{things.Name("signer")}/sign/batch", body);
        Assert.Equal(sentence, answer.Refused(400, "InvalidRequest").Text("detail"));
    }

    [Fact]
    public async Task Message_offers_only_statuses_that_can_be_set()
    {
        var things = new NamedThings(await shared.Server.AsAdministratorAsync());
        await things.SignerAsync("signer", await things.AuthorityAsync("root"));
        var path = $"/api/v1/pki/signers/{things.Name("signer")}";
        var answer = await things.Administrator.PatchAsync($"{path}/status", new { status = "off" });
        Assert.Equal("The field 'status' must be one of active, disabled.", answer.Refused(400, "InvalidRequest").Text("detail"));
        var described = await things.Administrator.PatchAsync(path, new { description = 1 });
        Assert.Equal("The field 'description' must be a string or null.", described.Refused(400, "InvalidRequest").Text("detail"));
    }

    [Fact]
    public async Task Unescaped_comma_in_CSR_subject_is_explained()
    {
        var client = await shared.Server.AsAdministratorAsync();
        var answer = await client.PostAsync("/api/v1/pki/certificates/csr", new { subject = "CN=Acme, Inc.", keyAlgorithm = "EC_P256" });
        var detail = answer.Refused(400, "InvalidRequest").Text("detail");
        Assert.Contains("'Inc.'", detail, StringComparison.Ordinal);
        Assert.Contains(@"\,", detail, StringComparison.Ordinal);
        (await client.PostAsync("/api/v1/pki/certificates/csr", new { subject = @"CN=Acme\, Inc.", keyAlgorithm = "EC_P256" })).Succeeded();
        var within = await client.PostAsync("/api/v1/pki/certificates/csr", new { subject = "CN=Acme, Inc., O=Acme", keyAlgorithm = "EC_P256" });
        Assert.Contains("'Inc.'", within.Refused(400, "InvalidRequest").Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("users?limit=x", "The parameter 'limit' is invalid: expected a whole number from 1 to 100, once.")]
    [InlineData("users?limit=1&limit=2", "The parameter 'limit' is invalid: expected a whole number from 1 to 100, once.")]
    [InlineData("pki/approval-requests?assignedToMe=yes", "The parameter 'assignedToMe' is invalid: expected true or false, once.")]
    [InlineData("ledger/entries?kind=signing", "The parameter 'kind' is invalid: expected sign or admin.")]
    [InlineData("groups?name=", "The parameter 'name' is invalid: expected 1 to 64 visible characters without leading or trailing spaces.")]
    public async Task Message_about_parameter_names_it(string path, string sentence)
    {
        var answer = await (await shared.Server.AsAdministratorAsync()).GetAsync($"/api/v1/{path}");
        Assert.Equal(sentence, answer.Refused(400, "InvalidRequest").Text("detail"));
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
