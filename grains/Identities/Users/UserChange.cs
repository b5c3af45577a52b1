using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Users;

/// <summary>What of a person shall change; what is null stays.</summary>
/// <param name="Email">The address to sign in with, already in lower case.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="Role">The role in the product.</param>
/// <param name="Status">Disabling ends every session at once and for good.</param>
/// <param name="PasswordHash">The hash of a password that an administrator gives; ends every session.</param>
public sealed record UserChange(
    string? Email = null,
    string? Name = null,
    ProductRole? Role = null,
    PrincipalStatus? Status = null,
    string? PasswordHash = null);
