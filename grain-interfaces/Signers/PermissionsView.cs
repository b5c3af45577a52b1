using System.Collections.Immutable;

namespace CodeSigning.Signers;

/// <summary>What the caller may do with a signer.</summary>
/// <param name="Role">Its role, where it is a member.</param>
/// <param name="Actions">What it may do.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PermissionsView")]
public sealed record PermissionsView(
    [property: Id(0)] SignerRole? Role, [property: Id(1)] ImmutableArray<SignerAction> Actions);
