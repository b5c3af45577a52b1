namespace CodeSigning.Grants;

/// <summary>Revokes a grant.</summary>
/// <param name="Reason">Why, 1 to 1024 characters.</param>
public sealed record RevokeGrant(string Reason);
