using System.Text.Json;
using System.Text.Json.Nodes;
using CodeSigning.Gateway.Tests.Authorisation;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>
/// Every field of every body, one at a time with what nobody meant to be there, in a request that is good otherwise. Against
/// PostgreSQL, which refuses more than SQLite.
/// </summary>
public sealed class HostileValueTests(PostgreSqlBackedServer backed) : IClassFixture<PostgreSqlBackedServer>
{
    private static readonly JsonNode?[] Values =
    [
        null, true, 0, -1, int.MaxValue, long.MaxValue, long.MinValue, 1.5, "", " ", "\t", "x", "\u202e\u0007\ufffe", "a\r\nb", "*", "%", "\\",
        new string('x', 5000), string.Concat(Enumerable.Repeat("\ud83d\udd11", 100)), "sgn_00000000000000000000000000",
        "usr_00000000000000000000000000", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "99999999999d", "-1h", "0s",
        "https://127.0.0.1/", "file:///etc/passwd", "AAAA", new JsonArray(), new JsonArray((JsonNode?)null), new JsonObject(), new JsonArray(new JsonObject()),
        new JsonObject { ["ipAddresses"] = new JsonArray("10.0.0.0/33") }, new JsonObject { ["digests"] = new JsonArray("sha256:") },
        new JsonObject { ["hostnames"] = new JsonArray("*", "\u0007") }, new JsonObject { ["tool"] = "\u0007" }, new JsonObject { ["x"] = null },
        new JsonArray([.. Enumerable.Range(0, 500).Select(i => (JsonNode)i.ToString())]),
    ];

    [Fact]
    public async Task No_value_of_any_field_makes_any_endpoint_fail()
    {
        var stage = await Stage.BuildAsync(backed.Server);
        var client = await backed.Server.AsAdministratorAsync();
        var faults = new List<string>();
        foreach (var row in PermissionTable.Read().Where(row => row.Method != HttpMethod.Get && row.Method != HttpMethod.Head).OrderBy(IsThrottled))
        {
            var (path, good) = await Scenes.SetAsync(stage, row, Role.Administrator);
            if (JsonSerializer.SerializeToNode(good, JsonSerializerOptions.Web) is not { } body)
            {
                continue;
            }

            foreach (var field in FieldsOf(body).Concat(Optional(row.Endpoint).Select(name => (string[])[name])))
            {
                foreach (var value in Values)
                {
                    var answer = await client.SendTextAsync(row.Method, path, With(body, field, value));
                    if (answer.Status >= 500)
                    {
                        faults.Add($"{row.Call} {string.Join('.', field)} = {value?.ToJsonString() ?? "null"}: {answer.BodyText}");
                    }
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    // Failed log-ins slow down those who log in after them, as they should.
    private static bool IsThrottled(PermissionRow row) =>
        row.Path.Contains("/auth/", StringComparison.Ordinal) || row.Path.EndsWith("/me/password", StringComparison.Ordinal);

    /// <summary>The fields that may be left out, and are.</summary>
    private static string[] Optional(string endpoint) => endpoint.Split("/api/v1/")[^1] switch
    {
        "pki/signers" => ["description", "approvalPolicyId", "members", "caId", "commonName", "keyAlgorithm", "certificateTtlDays"],
        "pki/signers/{signerId}/requests" or "pki/signers/{signerId}/requests/pre-approve" =>
            ["requestedSignings", "windowStart", "windowEnd", "requestedWindowDuration", "scope"],
        "pki/signers/{signerId}/stop" => ["since", "includeSignersWithSameKey"],
        "pki/signers/{signerId}/sign" => ["clientMetadata"],
        "pki/signing-policies" => ["maxRequestTtl", "bypassForMachineIdentities"],
        "pki/certificates/import" => ["pkcs12", "password", "allowSharedKey"],
        "pki/ca" => ["parentId"],
        "identities/{identityId}/client-secrets" => ["description", "ttl", "maxUses"],
        "identities/{identityId}/oidc" => ["claims"],
        "webhooks" => ["events", "description"],
        _ => [],
    };

    /// <summary>The ways to all fields, those of nested objects and of the first item of arrays too.</summary>
    private static IEnumerable<string[]> FieldsOf(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field =>
            FieldsOf(field.Value).Select(rest => (string[])[field.Key, .. rest]).Prepend([field.Key])),
        JsonArray { Count: > 0 } items => FieldsOf(items[0]).Select(rest => (string[])["0", .. rest]).Prepend(["0"]),
        _ => [],
    };

    private static string With(JsonNode body, string[] field, JsonNode? value)
    {
        var copy = body.DeepClone();
        var parent = field[..^1].Aggregate(copy, (node, name) => node is JsonArray items ? items[0]! : node[name]!);
        if (parent is JsonArray array)
        {
            array[0] = value?.DeepClone();
        }
        else
        {
            parent[field[^1]] = value?.DeepClone();
        }

        return copy.ToJsonString();
    }
}
