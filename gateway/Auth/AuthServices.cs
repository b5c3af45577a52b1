using CodeSigning.Gateway.Auth.Oidc;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Gateway.Auth;

/// <summary>Registers the authentication of requests and logins.</summary>
internal static class AuthServices
{
    /// <summary>Adds authentication to a gateway with a silo of these settings.</summary>
    public static IServiceCollection AddAuth(this IServiceCollection services, NodeSettings node) => services
        // An SQLite file is written by one process only.
        .Configure<TokenAuthenticationOptions>(options => options.IsStoreShared = node.PostgreSql is not null)
        .Configure<FirstAdministratorOptions>(options =>
        {
            options.Email = node.AdministratorEmail;
            options.Password = node.AdministratorPassword;
        })
        .AddSingleton<LoginMeter>()
        .AddSingleton<SessionCache>()
        .AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<SessionCache>())
        .AddSingleton<TokenAuthentication>()
        .AddSingleton<IssuerDocuments>()
        .AddSingleton<IssuerKeys>()
        .AddSingleton<OidcTokenVerifier>()
        .AddSingleton<ITokenVerifier>(provider => provider.GetRequiredService<OidcTokenVerifier>())
        .AddHostedService<FirstAdministratorAnnouncement>();
}
