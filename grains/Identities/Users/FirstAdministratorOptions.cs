namespace CodeSigning.Grains.Identities.Users;

/// <summary>Who is made the first administrator of an empty store.</summary>
public sealed class FirstAdministratorOptions
{
    /// <summary>The address to sign in with.</summary>
    public string Email { get; set; } = "admin@localhost";

    /// <summary>The password; a random one is made where there is none.</summary>
    public string? Password { get; set; }
}
