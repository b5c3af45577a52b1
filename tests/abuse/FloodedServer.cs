namespace CodeSigning.Abuse.Tests;

/// <summary>
/// A server with its own defaults, a signer under a policy, and how long an honest client's signatures under a grant take
/// while nobody else asks.
/// </summary>
public sealed class FloodedServer : IAsyncLifetime
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(3);

    /// <summary>What it does by itself against too many requests, and webhooks that stay on this machine.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>
    {
        ["CODESIGNING_SIGNATURES_PER_SECOND"] = "",
        ["CODESIGNING_REQUESTS_PER_SECOND"] = "",
        ["CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES"] = "allow",
    };

    private Deployment _deployment = null!;

    internal Target Target { get; private set; } = null!;

    /// <summary>The administrator, whose token is known to the server.</summary>
    internal Api Administrator => _deployment.Administrator;

    public TimeSpan QuietP99 { get; private set; }

    public async Task InitializeAsync()
    {
        _deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1, Settings);
        Target = await Target.CreateAsync(_deployment);

        await Target.Client().SignAsync(TimeSpan.FromSeconds(1)); // The first ones pay for what is compiled.
        var quiet = Target.Client();
        await quiet.SignAsync(QuietTime);
        Assert.Empty(quiet.Failures);
        QuietP99 = quiet.P99;
    }

    public async Task DisposeAsync()
    {
        Target.Dispose();
        await _deployment.DisposeAsync();
    }
}
