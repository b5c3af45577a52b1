using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Grains;

/// <summary>
/// Registers the services of this project. The host adds the stores, the ledger and a <see cref="TimeProvider"/>.
/// </summary>
public static class ServiceRegistration
{
    /// <summary>
    /// Adds people, machine identities, groups and logins. The host also adds an <see cref="ITokenVerifier"/> for OIDC
    /// logins and an <see cref="IResetMail"/>.
    /// </summary>
    public static IServiceCollection AddIdentities(this IServiceCollection services) => services
        .AddSingleton<PrincipalFactsReader>()
        .AddSingleton(PasswordHashing.CreateHasher)
        .AddSingleton<PasswordHashing>()
        .AddSingleton<LoginThrottle>()
        .AddSingleton<OwnPassword>()
        .AddSingleton<SecondFactors>()
        .AddSingleton<PasskeyChallenges>()
        .AddSingleton<PasskeyProofs>()
        .AddSingleton<PasskeyLogin>()
        .AddSingleton<OwnPasskeys>()
        .AddSingleton<DeviceLogins>()
        .AddSingleton<OwnFactors>()
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
        .AddSingleton<OidcLogin>()
        .AddSingleton<ExternalGroups>()
        .AddSingleton<SingleSignOn>()
        .AddSingleton<BackChannelLogout>();

    /// <summary>Adds policies, approval requests and grants.</summary>
    public static IServiceCollection AddApprovals(this IServiceCollection services) => services
        .AddSingleton<ApproverFactsReader>()
        .AddSingleton<RequestFactsReader>()
        .AddSingleton<RequestDrafts>()
        .AddSingleton<RequestOutcomes>()
        .AddSingleton<RequestDirectory>()
        .AddSingleton<ApproverAdditions>()
        .AddSingleton<GroupMarks>()
        .AddSingleton<GrantService>()
        .AddSingleton<PolicyService>();
}
