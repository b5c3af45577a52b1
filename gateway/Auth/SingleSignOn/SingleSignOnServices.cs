using CodeSigning.Gateway.Settings;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace CodeSigning.Gateway.Auth.SingleSignOn;

/// <summary>Registers the sign-in at an identity provider.</summary>
internal static class SingleSignOnServices
{
    /// <summary>The name of the authentication scheme.</summary>
    public const string Scheme = "sso";

    // With one scheme alone the framework would authenticate each request by it.
    private const string NoScheme = "none";

    /// <summary>Adds what needs no provider, and the provider where there is one.</summary>
    public static IServiceCollection AddSingleSignOn(this IServiceCollection services, SingleSignOnSettings? settings)
    {
        services.AddSingleton<LogoutTokens>();
        if (settings is null)
        {
            return services;
        }

        services.AddSingleton(settings);
        services.AddScoped<ProviderEvents>();
        services.AddSingleton<IdTokenHandler>();
        services.AddAuthentication(NoScheme).AddOpenIdConnect(Scheme, options => Configure(options, settings));
        services.AddSingleton<IConfigureOptions<OpenIdConnectOptions>>(provider => new ConfigureNamedOptions<OpenIdConnectOptions>(
            Scheme, options => options.TokenHandler = provider.GetRequiredService<IdTokenHandler>()));
        return services;
    }

    private static void Configure(OpenIdConnectOptions options, SingleSignOnSettings settings)
    {
        var backchannel = CreateBackchannel();
        options.ClientId = settings.ClientId;
        options.ClientSecret = settings.ClientSecret;
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.CallbackPath = SingleSignOnPaths.Callback;
        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = false;
        options.SaveTokens = false;
        options.DisableTelemetry = true;
        options.EventsType = typeof(ProviderEvents);
        options.Backchannel = backchannel;
        options.ConfigurationManager = CreateConfiguration(settings.Issuer, backchannel);
        options.ProtocolValidator.NonceLifetime = ProviderClaims.NonceLife;
        options.Scope.Clear();
        foreach (var scope in settings.Scopes)
        {
            options.Scope.Add(scope);
        }

        // The response is a plain navigation, so that Lax is enough; cross-site posts carry none of them.
        foreach (var cookie in new[] { options.CorrelationCookie, options.NonceCookie })
        {
            cookie.SameSite = SameSiteMode.Lax;
            cookie.HttpOnly = true;
            cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        }
    }

    private static HttpClient CreateBackchannel() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        MaxResponseContentBufferSize = 512 * 1024,
        Timeout = TimeSpan.FromSeconds(10),
    };

    private static ConfigurationManager<OpenIdConnectConfiguration> CreateConfiguration(string issuer, HttpClient backchannel) => new(
        issuer.TrimEnd('/') + "/.well-known/openid-configuration",
        new OpenIdConnectConfigurationRetriever(),
        new HttpDocumentRetriever(backchannel) { RequireHttps = issuer.StartsWith("https://", StringComparison.Ordinal) },
        new ProviderDocumentRules(issuer));
}

/// <summary>Refuses a discovery document of another issuer, or one that leads from https to http.</summary>
internal sealed class ProviderDocumentRules(string issuer) : IConfigurationValidator<OpenIdConnectConfiguration>
{
    /// <inheritdoc/>
    public ConfigurationValidationResult Validate(OpenIdConnectConfiguration configuration)
    {
        var fault = configuration.Issuer != issuer ? "it names another issuer"
            : !IsAsSafe(configuration.AuthorizationEndpoint) || !IsAsSafe(configuration.TokenEndpoint) ? "its endpoints are not on https"
            : null;
        return new ConfigurationValidationResult { Succeeded = fault is null, ErrorMessage = $"The discovery document of {issuer} is invalid: {fault}." };
    }

    private bool IsAsSafe(string? endpoint)
    {
        var own = new Uri(issuer);
        return Uri.TryCreate(endpoint, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == own.Scheme && url.IdnHost == own.IdnHost));
    }
}
