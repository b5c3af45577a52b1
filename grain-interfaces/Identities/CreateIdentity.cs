namespace CodeSigning.Identities;

/// <summary>A machine identity to be made.</summary>
/// <param name="Name">1 to 64 characters; no two identities share one.</param>
/// <param name="Description">At most 256 characters.</param>
public sealed record CreateIdentity(string Name, string? Description = null);
