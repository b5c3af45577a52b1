namespace CodeSigning.Grains.Identities.Logins;

/// <summary>Where a login comes from.</summary>
/// <param name="Address">The client's address as the gateway saw it.</param>
/// <param name="UserAgent">What the client says it is; kept to 256 characters.</param>
public sealed record LoginOrigin(string? Address, string? UserAgent);
