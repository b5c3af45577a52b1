namespace CodeSigning.Identities;

/// <summary>What of a group shall change.</summary>
/// <param name="Name">The new name.</param>
[GenerateSerializer, Immutable, Alias("codesigning.UpdateGroup")]
public sealed record UpdateGroup([property: Id(0)] string Name);
