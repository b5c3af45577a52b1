namespace CodeSigning.Grants;

/// <summary>Revokes a grant.</summary>
/// <param name="Reason">Why, 1 to 1024 characters.</param>
[GenerateSerializer, Immutable, Alias("codesigning.RevokeGrant")]
public sealed record RevokeGrant([property: Id(0)] string Reason);
