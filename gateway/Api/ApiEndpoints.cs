using CodeSigning.Gateway.Api.Identities;

namespace CodeSigning.Gateway.Api;

/// <summary>Everything under <c>/api/v1</c>.</summary>
internal static class ApiEndpoints
{
    public static void MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1");
        api.MapIdentityApi();
    }
}
