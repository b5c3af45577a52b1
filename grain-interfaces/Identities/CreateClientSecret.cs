namespace CodeSigning.Identities;

/// <summary>A client secret to be made.</summary>
/// <param name="Description">At most 256 characters.</param>
/// <param name="Ttl">How long it can be used, such as <c>90d</c>; for ever if not given.</param>
/// <param name="MaxUses">How many logins it is good for; any number if not given.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CreateClientSecret")]
public sealed record CreateClientSecret(
    [property: Id(0)] string? Description = null, [property: Id(1)] string? Ttl = null, [property: Id(2)] long? MaxUses = null);
