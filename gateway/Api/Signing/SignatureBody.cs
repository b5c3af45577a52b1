namespace CodeSigning.Gateway.Api.Signing;

/// <summary>A signature. For the OpenAPI document; <see cref="SignatureAnswer"/> writes it.</summary>
/// <param name="Signature">Base64: RSA's as long as the modulus, ECDSA's as DER, or as r‖s where asked.</param>
/// <param name="SigningAlgorithm">The scheme.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="OperationId">The ledger entry's id.</param>
/// <param name="GrantId">The grant that it was made under, where the policy asked for one.</param>
/// <param name="CertificateChain">PEM, leaf first, where asked for.</param>
internal sealed record SignatureBody(
    string Signature,
    string SigningAlgorithm,
    string SignerId,
    string OperationId,
    string? GrantId = null,
    string? CertificateChain = null);
