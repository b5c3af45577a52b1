namespace CodeSigning.Identities;

/// <summary>A group to be made.</summary>
/// <param name="Name">1 to 64 characters; no two groups share one.</param>
public sealed record CreateGroup(string Name);
