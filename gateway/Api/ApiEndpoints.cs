using CodeSigning.Gateway.Api.Approvals;
using CodeSigning.Gateway.Api.Certificates;
using CodeSigning.Gateway.Api.Identities;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Api.Signers;
using CodeSigning.Gateway.Api.Signing;
using CodeSigning.Gateway.Calls;
using CodeSigning.Silo.Ledger.Writing;

namespace CodeSigning.Gateway.Api;

/// <summary>Everything under <c>/api/v1</c>.</summary>
internal static class ApiEndpoints
{
    public static void AddApi(this IServiceCollection services) => services
        .AddSingleton<SignerIds>()
        .AddSingleton<PathNames>()
        .AddSingleton<CookieSessions>()
        .AddSingleton<Signatures>()
        .AddSingleton<SignHandler>()
        .AddSingleton<BatchHandler>()
        .AddSingleton<LedgerSearches>()
        .AddSingleton<LedgerEntries>()
        .AddSingleton<DailyActivity>()
        .AddSingleton<SignerActivity>()
        .AddApprovalApi();

    public static void MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1");
        api.MapIdentityApi();
        api.MapGroup("/pki/ca").WithTags("Certificate authorities").TakesNames().MapCertificateAuthorityEndpoints();
        api.MapGroup("/pki/certificates").WithTags("Certificates").MapCertificateEndpoints();

        var signers = api.MapGroup("/pki/signers").WithTags("Signers");
        signers.MapSignerEndpoints();
        signers.MapGroup("/{signerId}/members").MapMemberEndpoints();
        signers.MapGroup("/{signerId}/operations").MapOperationEndpoints();
        signers.MapGroup("/{signerId}").MapStopEndpoint();
        signers.MapSignEndpoints();

        api.MapGroup("/pki").MapApprovalApi();
        api.MapGroup("/webhooks").WithTags("Webhooks").MapWebhookEndpoints();
        api.MapGroup("/mail").WithTags("Webhooks").MapMailEndpoints();
        api.MapGroup("/ledger").WithTags("Ledger").MapLedgerEndpoints();
    }
}

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
        pki.MapGroup("/signing-policies").WithTags("Signing policies").TakesNames().MapPolicyEndpoints();
        pki.MapGroup("/approval-requests").WithTags("Approval requests").MapRequestEndpoints();
        pki.MapGroup("/grants").WithTags("Grants").MapGrantEndpoints();
        pki.MapGroup("/signers/{signerId}").WithTags("Approval requests").MapSignerRequestEndpoints();
    }
}

/// <summary>Everything of the contract's section "Who".</summary>
internal static class IdentityApi
{
    public static void MapIdentityApi(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Auth");
        auth.MapAuthEndpoints();
        auth.MapSingleSignOnEndpoints();
        auth.MapGroup("/device").MapDeviceEndpoints();
        api.MapGroup("/me").WithTags("Me").MapMeEndpoints();
        api.MapGroup("/users").WithTags("Users").TakesNames().MapUserEndpoints();
        api.MapGroup("/identities").WithTags("Identities").TakesNames().MapMachineEndpoints();
        api.MapGroup("/groups").WithTags("Groups").TakesNames().MapGroupEndpoints();
    }
}
