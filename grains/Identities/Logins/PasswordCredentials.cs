namespace CodeSigning.Grains.Identities.Logins;

/// <summary>What a person logs in with.</summary>
/// <param name="Email">The address, in any letter case.</param>
/// <param name="Password">The password.</param>
/// <param name="Code">Kept for the code of a second factor; refused as long as there are none.</param>
public sealed record PasswordCredentials(string Email, string Password, string? Code = null)
{
    /// <summary>Nothing of it, so that no log can show it.</summary>
    public override string ToString() => nameof(PasswordCredentials);
}
