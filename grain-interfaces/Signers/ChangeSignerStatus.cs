namespace CodeSigning.Signers;

/// <summary>Switches a signer on or off.</summary>
/// <param name="Status"><c>active</c> or <c>disabled</c>.</param>
[GenerateSerializer, Immutable, Alias("codesigning.ChangeSignerStatus")]
public sealed record ChangeSignerStatus([property: Id(0)] SignerStatus Status);
