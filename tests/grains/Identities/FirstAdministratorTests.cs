using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class FirstAdministratorTests : IAsyncLifetime
{
    private ServiceNode _node = null!;

    public async Task InitializeAsync() => _node = await ServiceNode.StartAsync();

    public Task DisposeAsync() => _node.DisposeAsync().AsTask();

    [Fact]
    public async Task Empty_store_gets_an_administrator_with_a_random_password()
    {
        var made = await _node.Get<FirstAdministrator>().EnsureAsync(default);
        Assert.Equal("admin@localhost", made!.Email);
        Assert.True(made.RandomPassword!.Length >= 24);
        Assert.DoesNotContain(made.RandomPassword, made.ToString(), StringComparison.Ordinal);
        await _node.Get<PasswordLogin>().LoginAsync(
            new PasswordCredentials(made.Email, made.RandomPassword), new LoginOrigin(null, null), default);
        Assert.Null(await _node.Get<FirstAdministrator>().EnsureAsync(default));
    }

    [Fact]
    public async Task One_of_concurrent_nodes_creates_the_first_administrator()
    {
        var first = _node.Get<FirstAdministrator>();
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => first.EnsureAsync(default))));
        Assert.Single(made, administrator => administrator is not null);
        var page = await _node.Get<UserDirectory>().ListAsync(Caller.System, new DirectoryQuery(100), default);
        Assert.Single(page.Items);
    }
}
