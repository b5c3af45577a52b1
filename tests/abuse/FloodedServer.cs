namespace CodeSigning.Abuse.Tests;

/// <summary>A server with its own defaults, a signer, and how long an honest client's signatures take while nobody else asks.</summary>
public sealed class FloodedServer : IAsyncLifetime
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(3);

    private Deployment _deployment = null!;
    private string _token = null!;

    internal Target Target { get; private set; } = null!;

    /// <summary>The administrator, whose token is known to the server.</summary>
    internal Api Administrator => _deployment.Administrator;

    public TimeSpan QuietP99 { get; private set; }

    public async Task InitializeAsync()
    {
        _deployment = await Deployment.StartAsync(Database.Sqlite, nodes: 1);
        var (signerId, machine) = await _deployment.CreateSignerAsync("release");
        var cas = await Administrator.GetAsync("/api/v1/pki/ca");
        var address = _deployment.Nodes[0].Address;
        Target = new Target(address, signerId, Api.Text(cas["items"]![0]!.AsObject(), "id"), _deployment);
        using var api = await Api.SignInAsync(address, machine);
        _token = api.Token!;

        await Client().SignAsync(TimeSpan.FromSeconds(1)); // The first ones pay for what is compiled.
        var quiet = Client();
        await quiet.SignAsync(QuietTime);
        Assert.Empty(quiet.Failures);
        QuietP99 = quiet.P99;
    }

    public async Task DisposeAsync() => await _deployment.DisposeAsync();

    internal HonestClient Client() => new(Target.Address, _token, Target.SignerId);
}
