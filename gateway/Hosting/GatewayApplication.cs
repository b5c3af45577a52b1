using CodeSigning.Contract;
using CodeSigning.Gateway.Api;
using CodeSigning.Gateway.Auth;
using CodeSigning.Gateway.Auth.SingleSignOn;
using CodeSigning.Gateway.Docs;
using CodeSigning.Gateway.Health;
using CodeSigning.Gateway.Limits;
using CodeSigning.Gateway.Metrics;
using CodeSigning.Gateway.Pages;
using CodeSigning.Gateway.Problems;
using CodeSigning.Gateway.Settings;
using CodeSigning.Gateway.Tracing;
using CodeSigning.Grains.Signing;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OpenTelemetry.Metrics;

namespace CodeSigning.Gateway.Hosting;

/// <summary>The gateway with a silo in the same process.</summary>
internal static class GatewayApplication
{
    // Settings are read once; watching their files would wake up at each write of a database in the same directory.
    private const string ReadSettingsOnce = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Builds the application without starting it.</summary>
    /// <param name="args">Settings that override the environment, as <c>--NAME=VALUE</c>.</param>
    /// <exception cref="SettingsException">The settings are invalid.</exception>
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [ReadSettingsOnce, .. args], EnvironmentName = "Production" });
        var (settings, silo) = ServerSettings.Read(builder.Configuration);
        builder.AddServerLog(silo.LogFormat);
        builder.WebHost.UseKestrel(settings);
        builder.AddTraceExport(settings);
        builder.AddSilo(silo);
        builder.Services.AddAuth(silo.Node);
        builder.Services.AddSingleSignOn(settings.SingleSignOn);
        builder.Services.AddSingleton(settings);
        builder.Services.AddHostedService<Greeting>();
        builder.Services.AddDraining(settings.DrainDelay ?? (silo.Node.PostgreSql is null ? TimeSpan.Zero : Draining.UsualDelay));
        if (settings.Tls is { } tls)
        {
            builder.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<TlsCertificates>(provider, tls));
            builder.Services.AddHostedService(provider => provider.GetRequiredService<TlsCertificates>());
        }

        builder.Services.AddSingleton<ProblemDescriber>();
        builder.Services.AddApi();
        builder.Services.AddPages();
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton<AddressRates>();
        builder.Services.AddSingleton<ConnectionLimits>();
        builder.Services.AddSingleton<ConnectionMetrics>();
        builder.Services.AddMetricsExport();
        builder.Services.AddOpenApiDocument();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            ContractJson.Configure(json.SerializerOptions);
            json.SerializerOptions.MaxDepth = OpenApiSetup.SchemaDepth; // Request bodies use the contract's options.
        });
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);

        builder.Services.AddDataProtection();
        builder.Services.SealDataProtection(); // After everything that registers the framework's.

        var app = builder.Build();
        // First whoever reads, then the counters, which begin at zero: what is first seen at one is no increase to Prometheus.
        app.Services.GetRequiredService<MeterProvider>();
        app.Services.GetRequiredService<SigningMeter>();
        app.Services.GetRequiredService<LoginMeter>();
        app.Services.GetRequiredService<ConnectionMetrics>();
        app.Services.GetRequiredService<ThreadPoolMeter>();
        app.UsePipeline(settings);
        app.MapApi();
        app.MapPages();
        app.MapHealth();
        app.MapMetrics(settings.MetricsToken);
        app.MapOpenApiDocument();
        return app;
    }

    private static void AddDraining(this IServiceCollection services, TimeSpan delay)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Draining>(provider, delay));
        services.AddHostedService(provider => provider.GetRequiredService<Draining>());
        services.PostConfigure<HostOptions>(host => host.ShutdownTimeout += delay);
    }

    // The order matters. Problems come first, to render every failure; headers before any response; the client's true
    // address and scheme before they are logged or counted; the address's rate before shared resources; the limit on requests in
    // flight before any work, such as looking up a token; the caller before its own rate.
    private static void UsePipeline(this WebApplication app, GatewaySettings settings)
    {
        app.UseMiddleware<ClientConnectionMiddleware>();
        app.UseMiddleware<DrainMiddleware>();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseTrustedProxies(settings);
        app.UseMiddleware<StrictTransport>();
        app.UseRouting();
        app.UsePageProblems();
        app.UseMiddleware<AnonymousRateMiddleware>();
        app.UsePageAssets();
        app.UseDocs();
        app.UseMiddleware<WorkInFlightMiddleware>();
        if (settings.SingleSignOn is not null)
        {
            app.UseAuthentication(); // Answers the identity provider's response alone.
        }

        app.UseMiddleware<CallerMiddleware>();
        app.UseMiddleware<CallerShareMiddleware>();
        app.UseMiddleware<RateMiddleware>();
        app.UsePageForms();
    }
}

/// <summary>Adds security headers to every response: no framing, sniffing, caching or loading of resources. And the request's id.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string NothingAtAll = "default-src 'none'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = NothingAtAll;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["X-Request-Id"] = context.TraceIdentifier; // Lines of the log have it as RequestId.
        return next(context);
    }
}

/// <summary>Has browsers use TLS from now on, where the request came by it: also to a trusted proxy, so it comes after them.</summary>
internal sealed class StrictTransport(RequestDelegate next)
{
    private const string OneYear = "max-age=31536000";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.IsHttps)
        {
            context.Response.Headers.StrictTransportSecurity = OneYear;
        }

        return next(context);
    }
}

/// <summary>Prints the addresses that the server listens on.</summary>
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
