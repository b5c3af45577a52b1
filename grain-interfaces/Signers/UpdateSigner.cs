using CodeSigning.Contract;

namespace CodeSigning.Signers;

/// <summary>What of a signer shall change; what is absent stays.</summary>
/// <param name="Name">The new name; the old one is not free again.</param>
/// <param name="CertificateId">The certificate that it signs with from now on.</param>
[GenerateSerializer, Immutable, Alias("codesigning.UpdateSigner")]
public sealed record UpdateSigner([property: Id(0)] string? Name = null, [property: Id(1)] string? CertificateId = null)
{
    /// <summary>The new description; null takes it away.</summary>
    [Id(2)]
    public OptionalText Description { get; init; }

    /// <summary>The policy from now on; null detaches.</summary>
    [Id(3)]
    public OptionalText ApprovalPolicyId { get; init; }
}
