using CodeSigning.Certificates;

namespace CodeSigning.Signing;

/// <summary>The result of a signing operation.</summary>
/// <param name="Signature">
/// The signature: for RSA as long as the modulus, for ECDSA in DER (RFC 3279, section 2.2.3).
/// </param>
/// <param name="SigningAlgorithm">The algorithm's wire name.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="OperationId">The ledger entry's id.</param>
/// <param name="CertificateId">The certificate that verifies it.</param>
/// <param name="KeyAlgorithm">The key algorithm, which gives the width of an r‖s signature.</param>
/// <param name="GrantId">The grant that it was made under; null if the policy required none.</param>
public sealed record SignResult(
    ReadOnlyMemory<byte> Signature,
    string SigningAlgorithm,
    string SignerId,
    string OperationId,
    string CertificateId,
    KeyAlgorithm KeyAlgorithm,
    string? GrantId = null);
