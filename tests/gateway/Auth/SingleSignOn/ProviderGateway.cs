using CodeSigning.Testing;

namespace CodeSigning.Gateway.Tests.Auth.SingleSignOn;

/// <summary>A gateway and the identity provider that people sign in at.</summary>
public sealed class ProviderGateway : IAsyncLifetime
{
    internal LocalProvider Provider { get; private set; } = null!;

    internal RunningGateway Gateway { get; private set; } = null!;

    internal HttpClient Administrator { get; private set; } = null!;

    internal static async Task<RunningGateway> StartGatewayAsync(LocalProvider provider, params string[] settings)
    {
        var url = $"http://127.0.0.1:{FreePort.Find()}";
        return await RunningGateway.StartAsync(
            [$"--CODESIGNING_URLS={url}", $"--CODESIGNING_PUBLIC_URL={url}", .. provider.Settings, .. settings]);
    }

    internal SignInBrowser NewBrowser() => new(Gateway.Http.BaseAddress!);

    public async Task InitializeAsync()
    {
        Provider = await LocalProvider.StartAsync();
        Gateway = await StartGatewayAsync(Provider);
        Administrator = await Gateway.SignInAsync();
    }

    public async Task DisposeAsync()
    {
        Administrator.Dispose();
        await Gateway.DisposeAsync();
        await Provider.DisposeAsync();
    }
}
