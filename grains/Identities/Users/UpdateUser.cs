using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Users;

/// <summary>What of a person shall change; what is absent stays.</summary>
/// <param name="Email">The address to sign in with; of a person who has a password, the server's operator alone changes it.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="ProductRole">The role in the product.</param>
/// <param name="Status">Disabling ends every session at once and for good.</param>
/// <param name="Password">The first password of a person who has none yet. Who has lost theirs gets a link.</param>
public sealed record UpdateUser(
    string? Email = null,
    string? Name = null,
    ProductRole? ProductRole = null,
    PrincipalStatus? Status = null,
    string? Password = null)
{
    /// <summary>Without the password, so that no log can show it.</summary>
    public override string ToString() => nameof(UpdateUser);
}
