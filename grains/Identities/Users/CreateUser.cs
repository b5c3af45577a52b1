using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Users;

/// <summary>A person to be made.</summary>
/// <param name="Email">The address to sign in with; no two people share one, whatever the letter case.</param>
/// <param name="Name">1 to 64 characters.</param>
/// <param name="Password">The first password, 12 to 256 characters; without one the person cannot sign in with a password yet.</param>
/// <param name="ProductRole">The role in the product; a member if not given.</param>
public sealed record CreateUser(string Email, string Name, string? Password = null, ProductRole? ProductRole = null)
{
    /// <summary>Without the password, so that no log can show it.</summary>
    public override string ToString() => nameof(CreateUser);
}
