using System.Collections.Immutable;

namespace CodeSigning.Signers;

/// <summary>A signer to be made, on a certificate that is there or on one to be issued for it.</summary>
/// <param name="Name"><c>[a-z0-9][a-z0-9-]{0,31}</c>; never used again, also after deletion.</param>
/// <param name="Description">At most 256 characters.</param>
/// <param name="CertificateId">The certificate that it signs with.</param>
/// <param name="ApprovalPolicyId">The signing policy, or none.</param>
/// <param name="Members">Its members beside its creator, at most 100.</param>
/// <param name="CaId">In place of a certificate: the internal CA that is to issue one.</param>
/// <param name="CommonName">The issued certificate's common name.</param>
/// <param name="KeyAlgorithm">The issued certificate's kind of key.</param>
/// <param name="CertificateTtlDays">The issued certificate's life in days; 365 if not given.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CreateSigner")]
public sealed record CreateSigner(
    [property: Id(0)] string Name,
    [property: Id(1)] string? Description = null,
    [property: Id(2)] string? CertificateId = null,
    [property: Id(3)] string? ApprovalPolicyId = null,
    [property: Id(4)] ImmutableArray<NewMember>? Members = null,
    [property: Id(5)] string? CaId = null,
    [property: Id(6)] string? CommonName = null,
    [property: Id(7)] string? KeyAlgorithm = null,
    [property: Id(8)] int? CertificateTtlDays = null);
