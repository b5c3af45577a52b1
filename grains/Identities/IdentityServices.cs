using CodeSigning.Grains.Identities.Groups;
using CodeSigning.Grains.Identities.Logins;
using CodeSigning.Grains.Identities.Logins.Throttling;
using CodeSigning.Grains.Identities.Machines;
using CodeSigning.Grains.Identities.Passwords;
using CodeSigning.Grains.Identities.Principals;
using CodeSigning.Grains.Identities.Sessions;
using CodeSigning.Grains.Identities.Users;
using CodeSigning.Grains.Policies;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Grains.Identities;

/// <summary>People, machine identities, groups, and how they log in.</summary>
public static class IdentityServices
{
    /// <summary>
    /// Adds what the grains of this folder and the gateway need. The host adds the grains' stores, a
    /// <see cref="TimeProvider"/>, and, for logins by OIDC, an <see cref="Logins.Oidc.ITokenVerifier"/>.
    /// </summary>
    public static IServiceCollection AddIdentities(this IServiceCollection services) => services
        .AddSingleton<PrincipalFactsReader>()
        .AddSingleton(PasswordHashing.CreateHasher)
        .AddSingleton<PasswordHashing>()
        .AddSingleton<LoginThrottle>()
        .AddSingleton<SessionRows>()
        .AddSingleton<LiveSessions>()
        .AddSingleton<OwnSessions>()
        .AddSingleton<GuardedPolicies>()
        .AddSingleton<UserService>()
        .AddSingleton<IdentityService>()
        .AddSingleton<GroupService>()
        .AddSingleton<UserDirectory>()
        .AddSingleton<FirstAdministrator>()
        .AddSingleton<IdentityDirectory>()
        .AddSingleton<GroupDirectory>()
        .AddSingleton<PasswordLogin>()
        .AddSingleton<SecretLogin>()
        .AddSingleton<OidcLogin>();
}
