using CodeSigning.Gateway.Tests.Server;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Gateway.Tests.Http;

/// <summary>A fault of the service, as a client sees it: here a state that somebody changed in the database.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private CodeSigningServer _server = null!;

    public async Task InitializeAsync() => _server = await CodeSigningServer.StartAsync("--Logging:LogLevel:Default=None");

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Fault_is_500_with_code_and_error_id_alone()
    {
        var administrator = await _server.AsAdministratorAsync();
        var group = (await administrator.PostAsync("/api/v1/groups", new { name = "builders" })).Succeeded().Text("id");
        await ChangeInTheDatabaseAsync(group);

        var fault = (await administrator.GetAsync($"/api/v1/groups/{group}")).Refused(500, "InternalError");

        Assert.Matches("^[0-9a-f]{32}$", fault.Text("errorId"));
        Assert.Contains(fault.Text("errorId"), fault.Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain("seal", fault.BodyText, StringComparison.OrdinalIgnoreCase);
        Assert.Null(fault.Headers.RetryAfter);
    }

    [Fact]
    public async Task Names_swapped_in_the_database_use_no_other_signers_key()
    {
        var administrator = await _server.AsAdministratorAsync();
        var ca = (await administrator.PostAsync(
            "/api/v1/pki/ca", new { commonName = "CA", keyAlgorithm = "EC_P256", ttlDays = 10 })).Succeeded().Text("id");
        foreach (var name in new[] { "one", "two" })
        {
            (await administrator.PostAsync(
                "/api/v1/pki/signers",
                new { name, caId = ca, commonName = name, keyAlgorithm = "EC_P256", certificateTtlDays = 5 })).Succeeded();
        }

        await ExecuteAsync(
            "UPDATE states SET name = 'x' WHERE type = 'signer' AND name = 'one'; UPDATE states SET name = 'one' WHERE type = 'signer' AND name = 'two'");

        var body = new { data = "AAAA", signingAlgorithm = "ECDSA_SHA256", isDigest = false };
        (await administrator.PostAsync("/api/v1/pki/signers/one/sign", body)).Refused(500, "InternalError");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_server.DataDirectory, "codesigning.db")};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private async Task ChangeInTheDatabaseAsync(string id)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_server.DataDirectory, "codesigning.db")};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE states SET content = replace(content, 'builders', 'attackers') WHERE id = $id";
        command.Parameters.AddWithValue("$id", id);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }
}
