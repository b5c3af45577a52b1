using CodeSigning.Grains;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using CodeSigning.Silo.Commands;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage.Commands;

/// <summary>What whoever is on the server itself may do to people.</summary>
public sealed class PeopleCommandTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryDirectory _data = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();
    private string _group = "";

    public async Task InitializeAsync()
    {
        using var server = CreateHost();
        await server.StartAsync();
        await server.Services.GetRequiredService<UserService>().CreateAsync(
            Caller.System, new CreateUser("ann@example.com", "Ann", "a password of ann's"), None);
        var group = await server.Services.GetRequiredService<GroupService>().CreateAsync(Caller.System, new CreateGroup("team"), None);
        _group = group.Id;
        await server.StopAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _data.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    [Fact]
    public async Task Printed_password_logs_in()
    {
        Assert.Equal(0, await ResetAsync("ann@example.com", "ann@example.org"));
        var password = _output.ToString().Split('\n')[0].Split(' ')[^1];
        using var server = CreateHost();
        await server.StartAsync();
        await server.Services.GetRequiredService<PasswordLogin>().LoginAsync(
            new PasswordCredentials("ann@example.org", password), new LoginOrigin("127.0.0.1", null), None);
        await server.StopAsync();
    }

    [Fact]
    public async Task Person_is_added_to_a_group()
    {
        Assert.Equal(0, await AddAsync("ann@example.com"));
        Assert.Equal(1, await AddAsync("ann@example.com", "team"));
        Assert.Contains("is already a member of the group", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_person_is_not_reset()
    {
        Assert.Equal(1, await ResetAsync("nobody@example.com"));
        Assert.Contains("No user has this email address.", _errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Reset_is_refused_while_a_server_holds_the_store()
    {
        using var server = StoreLock.Take(Storage());
        Assert.Equal(1, await ResetAsync("ann@example.com"));
    }

    private async Task<int> ResetAsync(string email, string? newEmail = null)
    {
        using var host = CreateHost();
        return await PeopleCommand.ResetPasswordAsync(host, email, newEmail, _output, _errors, None);
    }

    private async Task<int> AddAsync(string email, string? group = null)
    {
        using var host = CreateHost();
        return await PeopleCommand.AddToGroupAsync(host, group ?? _group, email, _output, _errors, None);
    }

    private StorageOptions Storage() => new() { Database = "sqlite", DataDirectory = _data.Path };

    private IHost CreateHost()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services
            .AddLedgerStorage(Storage())
            .AddSingleton(_ => MasterKey.FromBytes(new byte[MasterKey.Length]))
            .AddSingleton<KeySealer>()
            .AddSingleton(provider => new KeyVault(
                provider.GetRequiredService<KeySealer>(), provider.GetRequiredService<ISealedKeyStore>()))
            .AddIdentities();
        return builder.Build();
    }
}
