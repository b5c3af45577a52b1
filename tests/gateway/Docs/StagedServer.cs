using CodeSigning.Gateway.Tests.Authorisation;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Docs;

/// <summary>A server with something of everything on it, and the document that it publishes of itself.</summary>
public sealed class StagedServer : IAsyncLifetime
{
    public CodeSigningServer Server { get; private set; } = null!;

    internal Stage Stage { get; private set; } = null!;

    internal PublishedDocument Document { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await CodeSigningServer.StartAsync();
        Document = await PublishedDocument.ReadAsync(Server);
        Stage = await Stage.BuildAsync(Server);
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
