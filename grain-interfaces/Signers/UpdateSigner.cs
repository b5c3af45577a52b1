using CodeSigning.Contract;

namespace CodeSigning.Signers;

/// <summary>What of a signer shall change; what is absent stays.</summary>
/// <param name="Name">The new name; the old one is not free again.</param>
/// <param name="Description">The new description; null takes it away.</param>
/// <param name="CertificateId">The certificate that it signs with from now on.</param>
/// <param name="ApprovalPolicyId">The policy from now on; null detaches.</param>
[GenerateSerializer, Immutable, Alias("codesigning.UpdateSigner")]
public sealed record UpdateSigner(
    [property: Id(0)] string? Name = null,
    [property: Id(1)] OptionalText Description = default,
    [property: Id(2)] string? CertificateId = null,
    [property: Id(3)] OptionalText ApprovalPolicyId = default);
