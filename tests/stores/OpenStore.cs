using System.Globalization;
using CodeSigning.Testing;
using Microsoft.Data.Sqlite;

namespace CodeSigning.Stores.Tests;

/// <summary>A copy of a fixture's store that the server of this checkout has opened, and whoever signs in there.</summary>
internal sealed class OpenStore : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, Api> _callers = [];
    private Server? _server;

    private OpenStore(Fixture fixture) => Fixture = fixture;

    public Fixture Fixture { get; }

    public Uri Address => _server!.Address;

    public static async Task<OpenStore> OpenAsync(Fixture fixture)
    {
        var store = new OpenStore(fixture);
        try
        {
            store._server = await Server.StartAsync(await store.LoadAsync());
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>A person or a machine of the fixture, with the password or the client secret of then.</summary>
    public async Task<Api> AsAsync(string name)
    {
        if (_callers.TryGetValue(name, out var known))
        {
            return known;
        }

        var caller = new Api(Address, (await SignInAsync(name)).Text("accessToken"));
        _callers.Add(name, caller);
        return caller;
    }

    public async Task<Answer> SignInAsync(string name)
    {
        using var anyone = new Api(Address);
        return Fixture.Secrets["people"]![name] is { } person
            ? await anyone.PostAsync("/api/v1/auth/login", new { email = (string)person["email"]!, password = (string)person["password"]! })
            : await anyone.PostAsync(
                "/api/v1/auth/universal-auth/login",
                new { clientId = Fixture.Text("machines", name, "clientId"), clientSecret = Fixture.Text("machines", name, "clientSecret") });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var caller in _callers.Values)
        {
            caller.Dispose();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _directory.Dispose();
    }

    /// <summary>Loads the fixture into a new store.</summary>
    /// <returns>The settings with which a server opens it.</returns>
    private async Task<Dictionary<string, string>> LoadAsync()
    {
        File.Copy(Fixture.Path("master.key"), _directory.File("master.key"));
        File.SetUnixFileMode(_directory.File("master.key"), OwnerOnly);
        var settings = new Dictionary<string, string>
        {
            ["CODESIGNING_DATA"] = _directory.Path,
            ["CODESIGNING_PUBLIC_URL"] = "https://signing.example.com",
            ["CODESIGNING_REQUESTS_PER_SECOND"] = "1000000",
            ["CODESIGNING_SILO_PORT"] = FreePort.Find().ToString(CultureInfo.InvariantCulture),
        };
        if (Fixture.Database == "sqlite")
        {
            await LoadSqliteAsync(_directory.File("codesigning.db"));
            return settings;
        }

        var database = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
        await database.ExecuteAsync(Fixture.Read("store.sql"));
        settings["CODESIGNING_DB"] = database.Service;
        settings["CODESIGNING_DB_MIGRATE"] = database.Owner;
        settings["CODESIGNING_SILO_ADDRESS"] = "127.0.0.1";
        return settings;
    }

    private async Task LoadSqliteAsync(string file)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var load = connection.CreateCommand();
        load.CommandText = Fixture.Read("store.sql");
        await load.ExecuteNonQueryAsync();
    }
}
