namespace CodeSigning.Signers;

/// <summary>A member's new role.</summary>
/// <param name="Role">What it may do from now on.</param>
[GenerateSerializer, Immutable, Alias("codesigning.ChangeMember")]
public sealed record ChangeMember([property: Id(0)] SignerRole Role);
