using CodeSigning.Contract;
using CodeSigning.Gateway.Api;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Docs;
using CodeSigning.Gateway.Health;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Metrics;
using CodeSigning.Gateway.Problems;
using CodeSigning.Gateway.Settings;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace CodeSigning.Gateway.Hosting;

/// <summary>The gateway with a silo in the same process.</summary>
internal static class GatewayApplication
{
    // Watching for changed settings files costs each write of the database beside them a wake-up, and settings are read once.
    private const string ReadSettingsOnce = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Puts everything together; nothing runs yet.</summary>
    /// <param name="args">Settings that win over the environment's, as <c>--NAME=VALUE</c>.</param>
    /// <exception cref="SettingsException">The settings hold mistakes.</exception>
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [ReadSettingsOnce, .. args], EnvironmentName = "Production" });
        var settings = GatewaySettings.Read(builder.Configuration);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        builder.WebHost.UseKestrel(settings);
        var node = NodeSettings.Read(builder.Configuration);
        builder.AddSilo(node);
        builder.Services.AddAuth(node);
        builder.Services.AddSingleton(settings);
        builder.Services.AddHostedService<Greeting>();
        builder.Services.AddSingleton<ProblemDescriber>();
        builder.Services.AddApi();
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton<AddressRates>();
        builder.Services.AddSingleton<ConnectionLimits>();
        builder.Services.AddSingleton<ConnectionMetrics>();
        builder.Services.AddSingleton<MetricsCollector>();
        builder.Services.AddOpenApiDocument();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            ContractJson.Configure(json.SerializerOptions);
            json.SerializerOptions.MaxDepth = OpenApiSetup.SchemaDepth; // Bodies are read with the contract's own.
        });
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);

        var app = builder.Build();
        app.Services.GetRequiredService<MetricsCollector>(); // It hears only what is said after it is made.
        app.Services.GetRequiredService<ConnectionMetrics>();
        app.UsePipeline(settings);
        app.MapApi();
        app.MapHealth();
        app.MapMetrics();
        app.MapOpenApiDocument();
        return app;
    }

    // The order matters. Problems come first, so that whatever fails within is rendered; headers before anything can
    // answer; the client's true address before it is written down or counted; the address's rate before what everybody may have;
    // the bound on work before there is any, such as looking a token up; the caller before the rate, which is the caller's own.
    private static void UsePipeline(this WebApplication app, GatewaySettings settings)
    {
        app.UseMiddleware<ClientConnectionMiddleware>();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseTrustedProxies(settings);
        app.UseRouting();
        app.UseMiddleware<AnonymousRateMiddleware>();
        app.UseDocs();
        app.UsePasswordResetPage();
        app.UseMiddleware<WorkInFlightMiddleware>();
        app.UseMiddleware<CallerMiddleware>();
        app.UseMiddleware<CallerShareMiddleware>();
        app.UseMiddleware<RateMiddleware>();
    }
}

/// <summary>What every answer tells a browser: nothing here is to be framed, sniffed, kept, or to load anything.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string NothingAtAll = "default-src 'none'; frame-ancestors 'none'";
    private const string OneYear = "max-age=31536000";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = NothingAtAll;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = OneYear;
        }

        return next(context);
    }
}

/// <summary>Tells on the terminal where the server listens, once it does.</summary>
internal sealed class Greeting(IServer server, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(Greet);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Greet()
    {
        foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        {
            Console.Out.WriteLine($"Listening on {address} (the API's reference: {address}/docs)");
        }
    }
}
