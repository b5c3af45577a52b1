namespace CodeSigning.Identities;

/// <summary>A client secret to be made.</summary>
/// <param name="Description">At most 256 characters.</param>
/// <param name="Ttl">How long it can be used, such as <c>90d</c>; for ever if not given.</param>
/// <param name="MaxUses">How many logins it is good for; any number if not given.</param>
public sealed record CreateClientSecret(
    string? Description = null, string? Ttl = null, long? MaxUses = null);
