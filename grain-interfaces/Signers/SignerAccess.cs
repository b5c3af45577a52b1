using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Signers;

/// <summary>A yes to a caller who wants to do something with a signer, and what it rests on.</summary>
/// <param name="SignerId">The signer's id.</param>
/// <param name="SignerName">Its name.</param>
/// <param name="CertificateId">The certificate that it signs with.</param>
/// <param name="ApprovalPolicyId">Its signing policy, or none.</param>
/// <param name="Role">The caller's role; null for a product administrator who is not a member.</param>
/// <param name="Basis">The versions of the signer and of the group that gave the role.</param>
[GenerateSerializer, Immutable, Alias("codesigning.SignerAccess")]
public sealed record SignerAccess(
    [property: Id(0)] string SignerId,
    [property: Id(1)] string SignerName,
    [property: Id(2)] string CertificateId,
    [property: Id(3)] string? ApprovalPolicyId,
    [property: Id(4)] SignerRole? Role,
    [property: Id(5)] ImmutableArray<StateVersion> Basis);
