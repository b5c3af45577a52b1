using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Policies;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Grains.Approvals;

/// <summary>Policies, requests and grants.</summary>
public static class ApprovalRegistration
{
    /// <summary>Adds what the grains of these folders need. The host adds the grains' stores and a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddApprovals(this IServiceCollection services) => services
        .AddSingleton<ApproverFactsReader>()
        .AddSingleton<RequestFactsReader>()
        .AddSingleton<RequestDrafts>()
        .AddSingleton<RequestOutcomes>()
        .AddSingleton<RequestDirectory>()
        .AddSingleton<ApproverAdditions>()
        .AddSingleton<GrantService>()
        .AddSingleton<PolicyService>();
}
