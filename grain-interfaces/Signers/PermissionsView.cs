using System.Collections.Immutable;

namespace CodeSigning.Signers;

/// <summary>What the caller may do with a signer.</summary>
/// <param name="Role">Its role, where it is a member.</param>
/// <param name="Actions">What it may do.</param>
public sealed record PermissionsView(
    SignerRole? Role, ImmutableArray<SignerAction> Actions);
