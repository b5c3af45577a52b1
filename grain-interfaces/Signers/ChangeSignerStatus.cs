namespace CodeSigning.Signers;

/// <summary>Switches a signer on or off.</summary>
/// <param name="Status"><c>active</c> or <c>disabled</c>.</param>
public sealed record ChangeSignerStatus(SignerStatus Status);
