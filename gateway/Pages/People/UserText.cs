using CodeSigning.Errors;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Pages.People;

/// <summary>People in words. Pure functions.</summary>
internal static class UserText
{
    /// <summary>The roles in the product with their titles.</summary>
    public static IReadOnlyList<(ProductRole Role, string Title)> Roles { get; } =
        [(ProductRole.Member, "Member"), (ProductRole.Admin, "Product administrator")];

    /// <summary>The title of a role.</summary>
    public static string RoleOf(ProductRole? role) => role == ProductRole.Admin ? "Product administrator" : "Member";

    /// <summary>The role that a form chose.</summary>
    /// <exception cref="RefusedException"><c>InvalidRequest</c>.</exception>
    public static ProductRole ParseRole(string? text) => text switch
    {
        nameof(ProductRole.Member) => ProductRole.Member,
        nameof(ProductRole.Admin) => ProductRole.Admin,
        _ => throw new RefusedException(ErrorCode.InvalidRequest, "The field 'productRole' is invalid: expected one of the roles offered."),
    };
}
