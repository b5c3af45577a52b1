using System.Text;

namespace CodeSigning.Gateway.Tests.Auth;

public sealed class BadInputTests(SharedGateway gateway) : IClassFixture<SharedGateway>
{
    [Theory]
    [InlineData("GET", "/users/nonsense", null, 404, "NotFound")]
    [InlineData("GET", "/users/sgn_00000000000000000000000000", null, 404, "NotFound")]
    [InlineData("GET", "/groups/grp_0000000000000000000000000'", null, 404, "NotFound")]
    [InlineData("GET", "/users?limit=0", null, 400, "InvalidRequest")]
    [InlineData("GET", "/users?limit=101", null, 400, "InvalidRequest")]
    [InlineData("GET", "/users?limit=many", null, 400, "InvalidRequest")]
    [InlineData("GET", "/users?cursor=%00", null, 400, "InvalidRequest")]
    [InlineData("GET", "/users?email=%00", null, 400, "InvalidRequest")]
    [InlineData("GET", "/groups?name=%00", null, 400, "InvalidRequest")]
    [InlineData("POST", "/users", "{}", 400, "InvalidRequest")]
    [InlineData("POST", "/users", """{"email":"a@b","name":"A","isRoot":true}""", 400, "InvalidRequest")]
    [InlineData("POST", "/users", """{"email":"a@b","name":"A","productRole":"root"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/users", """{"email":"a@b","name":"A\u0000"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/users", """{"email":"root@example.com","name":"A"}""", 409, "NameTaken")]
    [InlineData("POST", "/users", """{"email":"a@b","name":"A","password":"too short"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/identities", """{"name":null}""", 400, "InvalidRequest")]
    [InlineData("POST", "/auth/login", """{"email":"a@b"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/auth/login", """{"email":"\u0000","password":"\ud800"}""", 400, "InvalidRequest")]
    [InlineData("POST", "/auth/universal-auth/login", """{"clientId":"'; --","clientSecret":"x"}""", 401, "Unauthenticated")]
    [InlineData("POST", "/auth/oidc-auth/login", """{"identityId":"x","jwt":"a.b.c"}""", 401, "Unauthenticated")]
    public async Task Bad_input_is_answered_with_a_code(string method, string path, string? body, int status, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1" + path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await gateway.Administrator.SendAsync(request);
        Assert.Equal(code, (string?)(await response.ReadAsync(status))["code"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic cm9vdDpyb290")]
    [InlineData("Bearer cs_")]
    [InlineData("Bearer cs_01k9z00000000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("Bearer cs_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task Header_without_a_valid_token_is_unauthenticated(string? header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me");
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", header);
        }

        using var response = await gateway.Gateway.Http.SendAsync(request);
        Assert.Equal("Unauthenticated", (string?)(await response.ReadAsync(401))["code"]);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }
}
