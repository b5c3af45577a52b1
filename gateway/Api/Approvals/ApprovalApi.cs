using CodeSigning.Silo.Ledger;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>Everything of the contract's section "Policies, requests, grants".</summary>
internal static class ApprovalApi
{
    public static IServiceCollection AddApprovalApi(this IServiceCollection services) => services
        .AddSingleton<RequestChanges>()
        .AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<RequestChanges>())
        .AddSingleton<RequestWaits>()
        .AddSingleton<ApprovalWaits>();

    public static void MapApprovalApi(this IEndpointRouteBuilder pki)
    {
        pki.MapGroup("/signing-policies").WithTags("Signing policies").MapPolicyEndpoints();
        pki.MapGroup("/approval-requests").WithTags("Approval requests").MapRequestEndpoints();
        pki.MapGroup("/grants").WithTags("Grants").MapGrantEndpoints();
        pki.MapGroup("/signers/{signerId}").WithTags("Approval requests").MapSignerRequestEndpoints();
    }
}
