using System.Text;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Gateway.Tests.Server;

/// <summary>The whole server as it runs for users: Kestrel on a port of its own, an SQLite file in a directory of its own.</summary>
public sealed class CodeSigningServer : IAsyncDisposable
{
    public const string AdministratorEmail = "admin@localhost";
    public const string AdministratorPassword = "the first administrator of a test";

    private readonly TemporaryDirectory _data;
    private readonly WebApplication _app;
    private string? _administratorToken;

    private CodeSigningServer(TemporaryDirectory data, WebApplication app)
    {
        _data = data;
        _app = app;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false, // One jar for all clients would mix them up.
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        };
        Http = new HttpClient(handler) { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    /// <summary>Whether clients send their token in a cookie.</summary>
    public bool IsAskedByCookie { get; set; }

    public string DataDirectory => _data.Path;

    public IServiceProvider Services => _app.Services;

    /// <summary>The endpoints but for those of pages, which call what these call.</summary>
    public IEnumerable<RouteEndpoint> Endpoints => AllEndpoints.Where(endpoint => !IsPage(endpoint));

    /// <summary>The endpoints of pages and their forms.</summary>
    public IEnumerable<RouteEndpoint> Pages => AllEndpoints.Where(IsPage);

    private IEnumerable<RouteEndpoint> AllEndpoints =>
        _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    public static Task<CodeSigningServer> StartAsync(params string[] settings) => StartAsync(log: null, settings);

    /// <summary>Starts it with a place for its log beside the console.</summary>
    public static async Task<CodeSigningServer> StartAsync(ILoggerProvider? log, params string[] settings)
    {
        var data = new TemporaryDirectory();
        var app = GatewayApplication.Create(
        [
            "--CODESIGNING_URLS=http://127.0.0.1:0",
            $"--CODESIGNING_DATA={data.Path}",
            $"--CODESIGNING_ADMIN_PASSWORD={AdministratorPassword}",
            "--CODESIGNING_REQUESTS_PER_SECOND=100000",
            "--CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND=100000",
            "--CODESIGNING_SILO_ADDRESS=127.0.0.1",
            $"--CODESIGNING_SILO_PORT={FreePort.Find()}",
            "--Logging:LogLevel:Default=Warning",
            .. settings,
        ]);
        if (log is not null)
        {
            app.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        }

        await app.StartAsync();
        return new CodeSigningServer(data, app);
    }

    /// <summary>Asks as nobody.</summary>
    public ApiClient AsNobody() => new(Http, token: null);

    /// <summary>Asks with a token.</summary>
    public ApiClient As(string token) => new(Http, token, IsAskedByCookie);

    /// <summary>Asks as the first administrator.</summary>
    public async Task<ApiClient> AsAdministratorAsync()
    {
        _administratorToken ??= await AsNobody().LogInAsync(AdministratorEmail, AdministratorPassword);
        return As(_administratorToken);
    }

    private static bool IsPage(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<PageEndpoint>() is not null;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _data.Dispose();
    }
}
