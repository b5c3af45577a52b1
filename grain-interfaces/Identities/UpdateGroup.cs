namespace CodeSigning.Identities;

/// <summary>What of a group shall change.</summary>
/// <param name="Name">The new name.</param>
public sealed record UpdateGroup(string Name);
