using CodeSigning.Gateway.Api.Approvals;
using CodeSigning.Gateway.Api.Certificates;
using CodeSigning.Gateway.Api.Identities;
using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Api.Signers;
using CodeSigning.Gateway.Api.Signing;

namespace CodeSigning.Gateway.Api;

/// <summary>Everything under <c>/api/v1</c>.</summary>
internal static class ApiEndpoints
{
    public static void AddApi(this IServiceCollection services) => services
        .AddSingleton<SignerIds>()
        .AddSingleton<Signatures>()
        .AddSingleton<SignHandler>()
        .AddSingleton<BatchHandler>()
        .AddSingleton<LedgerSearches>()
        .AddApprovalApi();

    public static void MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1");
        api.MapIdentityApi();
        api.MapGroup("/pki/ca").WithTags("Certificate authorities").MapCertificateAuthorityEndpoints();
        api.MapGroup("/pki/certificates").WithTags("Certificates").MapCertificateEndpoints();

        var signers = api.MapGroup("/pki/signers").WithTags("Signers");
        signers.MapSignerEndpoints();
        signers.MapGroup("/{signerId}/members").MapMemberEndpoints();
        signers.MapGroup("/{signerId}/operations").MapOperationEndpoints();
        signers.MapGroup("/{signerId}").MapStopEndpoint();
        signers.MapSignEndpoints();

        api.MapGroup("/pki").MapApprovalApi();
        api.MapGroup("/webhooks").WithTags("Webhooks").MapWebhookEndpoints();
        api.MapGroup("/ledger").WithTags("Ledger").MapLedgerEndpoints();
    }
}
