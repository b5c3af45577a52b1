namespace CodeSigning.Grains.Identities.Users;

/// <summary>The first administrator as it was just made.</summary>
/// <param name="Email">The address to sign in with.</param>
/// <param name="RandomPassword">The password where it was made at random: to be shown once and written nowhere.</param>
public sealed record NewAdministrator(string Email, string? RandomPassword)
{
    /// <summary>Without the password, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(NewAdministrator)} {{ Email = {Email} }}";
}
