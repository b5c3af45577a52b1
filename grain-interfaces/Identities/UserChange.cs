namespace CodeSigning.Identities;

/// <summary>What of a person shall change; what is null stays.</summary>
/// <param name="Email">The address to sign in with, already in lower case.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="Role">The role in the product.</param>
/// <param name="Status">Disabling ends every session at once and for good.</param>
/// <param name="PasswordHash">The hash of a password that an administrator gives; ends every session.</param>
[GenerateSerializer, Immutable, Alias("codesigning.UserChange")]
public sealed record UserChange(
    [property: Id(0)] string? Email = null,
    [property: Id(1)] string? Name = null,
    [property: Id(2)] ProductRole? Role = null,
    [property: Id(3)] PrincipalStatus? Status = null,
    [property: Id(4)] string? PasswordHash = null);
