namespace CodeSigning.Grains.Identities.Users;

/// <summary>The caller's own password, and the one to take its place.</summary>
/// <param name="CurrentPassword">The password that is in force.</param>
/// <param name="NewPassword">12 to 256 characters.</param>
public sealed record ChangePassword(string CurrentPassword, string NewPassword)
{
    /// <summary>Nothing of it, so that no log can show it.</summary>
    public override string ToString() => nameof(ChangePassword);
}
