using CodeSigning.Certificates;

namespace CodeSigning.Signing;

/// <summary>A signature, as the answer of the sign endpoint is made of it.</summary>
/// <param name="Signature">RSA's as long as the modulus, ECDSA's as DER (RFC 3279, section 2.2.3).</param>
/// <param name="SigningAlgorithm">The scheme's wire name.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="OperationId">The ledger entry's id.</param>
/// <param name="CertificateId">The certificate that verifies it, for a client that wants its chain.</param>
/// <param name="KeyAlgorithm">The kind of the key, for a client that wants r‖s.</param>
/// <param name="GrantId">The grant that it was made under, where the policy asked for one.</param>
[GenerateSerializer, Immutable, Alias("codesigning.SignResult")]
public sealed record SignResult(
    [property: Id(0)] ReadOnlyMemory<byte> Signature,
    [property: Id(1)] string SigningAlgorithm,
    [property: Id(2)] string SignerId,
    [property: Id(3)] string OperationId,
    [property: Id(4)] string CertificateId,
    [property: Id(5)] KeyAlgorithm KeyAlgorithm,
    [property: Id(6)] string? GrantId = null);
