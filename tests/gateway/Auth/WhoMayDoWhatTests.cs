using System.Net.Http.Json;
using System.Text;

namespace CodeSigning.Gateway.Tests.Auth;

/// <summary>Every endpoint of who, asked by everyone. Who is not allowed is refused whatever the rest of the request says.</summary>
public sealed class WhoMayDoWhatTests : GatewaySuite
{
    private const string NoUser = "usr_00000000000000000000000000";
    private const string NoIdentity = "idn_00000000000000000000000000";
    private const string NoGroup = "grp_00000000000000000000000000";
    private const string NoSecret = "sec_00000000000000000000000000";
    private const string NoSession = "ses_00000000000000000000000000";

    // The statuses are those of: nobody, a machine identity, a person, an administrator.
    private static readonly (string Call, object? Body, int[] Statuses)[] Table =
    [
        ("GET /me", null, [401, 200, 200, 200]),
        ("GET /me/sessions", null, [401, 200, 200, 200]),
        ($"DELETE /me/sessions/{NoSession}", null, [401, 404, 404, 404]),
        ("PUT /me/password", new { currentPassword = "not the password", newPassword = "a new password" }, [401, 403, 403, 403]),
        ("GET /users", null, [401, 403, 200, 200]),
        ("GET /users?email=a@b", null, [401, 403, 403, 200]),
        ("POST /users", new { email = "{unique}@example.com", name = "Bob" }, [401, 403, 403, 201]),
        ($"GET /users/{NoUser}", null, [401, 403, 404, 404]),
        ($"PATCH /users/{NoUser}", new { name = "Bob" }, [401, 403, 403, 404]),
        ($"DELETE /users/{NoUser}", null, [401, 403, 403, 404]),
        ("GET /identities", null, [401, 403, 200, 200]),
        ("POST /identities", new { name = "{unique}" }, [401, 403, 403, 201]),
        ($"GET /identities/{NoIdentity}", null, [401, 403, 404, 404]),
        ($"PATCH /identities/{NoIdentity}", new { name = "bob" }, [401, 403, 403, 404]),
        ($"DELETE /identities/{NoIdentity}", null, [401, 403, 403, 404]),
        ($"PUT /identities/{NoIdentity}/oidc", new { issuer = "https://a", audience = "b", subject = "c" }, [401, 403, 403, 404]),
        ($"DELETE /identities/{NoIdentity}/oidc", null, [401, 403, 403, 404]),
        ($"GET /identities/{NoIdentity}/client-secrets", null, [401, 403, 403, 404]),
        ($"POST /identities/{NoIdentity}/client-secrets", new { }, [401, 403, 403, 404]),
        ($"DELETE /identities/{NoIdentity}/client-secrets/{NoSecret}", null, [401, 403, 403, 404]),
        ("GET /groups", null, [401, 403, 200, 200]),
        ("POST /groups", new { name = "{unique}" }, [401, 403, 403, 201]),
        ($"GET /groups/{NoGroup}", null, [401, 403, 404, 404]),
        ($"PATCH /groups/{NoGroup}", new { name = "bobs" }, [401, 403, 403, 404]),
        ($"DELETE /groups/{NoGroup}", null, [401, 403, 403, 404]),
        ($"GET /groups/{NoGroup}/members", null, [401, 403, 403, 404]),
        ($"POST /groups/{NoGroup}/members", new { kind = "user", id = NoUser }, [401, 403, 403, 404]),
        ($"DELETE /groups/{NoGroup}/members/{NoUser}", null, [401, 403, 403, 404]),
        ("DELETE /me/sessions", null, [401, 204, 204, 204]),
    ];

    [Fact]
    public async Task The_table_holds()
    {
        await CreateUserAsync("ann@example.com");
        using var person = await Gateway.SignInAsync("ann@example.com", Password);
        using var machine = await Gateway.SignInAsync(await CreateSecretAsync(await CreateIdentityAsync("ci")));
        HttpClient[] callers = [Gateway.Http, machine, person, Administrator];
        var wrong = new List<string>();
        foreach (var (call, body, statuses) in Table)
        {
            for (var i = 0; i < callers.Length; i++)
            {
                var status = await AskAsync(callers[i], call, body);
                if (status != statuses[i])
                {
                    wrong.Add($"{call} by caller {i}: {status} instead of {statuses[i]}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    private static async Task<int> AskAsync(HttpClient caller, string call, object? body)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1" + path);
        if (body is not null)
        {
            var text = await JsonContent.Create(body).ReadAsStringAsync();
            text = text.Replace("{unique}", Guid.NewGuid().ToString("n")[..12], StringComparison.Ordinal);
            request.Content = new StringContent(text, Encoding.UTF8, "application/json");
        }

        using var response = await caller.SendAsync(request);
        return (int)response.StatusCode;
    }
}
