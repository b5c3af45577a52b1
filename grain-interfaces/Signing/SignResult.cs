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
public sealed record SignResult(
    ReadOnlyMemory<byte> Signature,
    string SigningAlgorithm,
    string SignerId,
    string OperationId,
    string CertificateId,
    KeyAlgorithm KeyAlgorithm,
    string? GrantId = null);
