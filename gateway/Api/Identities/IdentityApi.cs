namespace CodeSigning.Gateway.Api.Identities;

/// <summary>Everything of the contract's section "Who".</summary>
internal static class IdentityApi
{
    public static void MapIdentityApi(this IEndpointRouteBuilder api)
    {
        api.MapGroup("/auth").WithTags("Auth").MapAuthEndpoints();
        api.MapGroup("/me").WithTags("Me").MapMeEndpoints();
        api.MapGroup("/users").WithTags("Users").MapUserEndpoints();
        api.MapGroup("/identities").WithTags("Identities").MapMachineEndpoints();
        api.MapGroup("/groups").WithTags("Groups").MapGroupEndpoints();
    }
}
