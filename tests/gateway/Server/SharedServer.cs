namespace CodeSigning.Gateway.Tests.Server;

/// <summary>One server for all tests that leave it as they found it, but for what they add.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public const string Collection = "one server";

    public CodeSigningServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await CodeSigningServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(SharedServer.Collection)]
public sealed class SharedServerGroup : ICollectionFixture<SharedServer>;
