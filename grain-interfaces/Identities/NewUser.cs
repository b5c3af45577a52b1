namespace CodeSigning.Identities;

/// <summary>A person to be made. The password was hashed before: none ever crosses a grain call.</summary>
/// <param name="Email">The address to sign in with, already in lower case; no two people share one.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="Role">The role in the product.</param>
/// <param name="PasswordHash">The hash of the first password; null for a person who cannot sign in with one yet.</param>
[GenerateSerializer, Immutable, Alias("codesigning.NewUser")]
public sealed record NewUser(
    [property: Id(0)] string Email,
    [property: Id(1)] string Name,
    [property: Id(2)] ProductRole Role,
    [property: Id(3)] string? PasswordHash);
