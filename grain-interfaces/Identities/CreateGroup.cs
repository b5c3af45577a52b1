namespace CodeSigning.Identities;

/// <summary>A group to be made.</summary>
/// <param name="Name">1 to 64 characters; no two groups share one.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CreateGroup")]
public sealed record CreateGroup([property: Id(0)] string Name);
