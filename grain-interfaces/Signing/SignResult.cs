namespace CodeSigning.Signing;

/// <summary>The answer of the sign endpoint.</summary>
/// <param name="Signature">Base64: RSA's as long as the modulus, ECDSA's as DER (RFC 3279, section 2.2.3) or r‖s where asked.</param>
/// <param name="SigningAlgorithm">The scheme's wire name.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="OperationId">The ledger entry's id.</param>
/// <param name="GrantId">The grant that it was made under, where the policy asked for one.</param>
/// <param name="CertificateChain">PEM, leaf first, where asked for.</param>
[GenerateSerializer, Immutable, Alias("codesigning.SignResult")]
public sealed record SignResult(
    [property: Id(0)] ReadOnlyMemory<byte> Signature,
    [property: Id(1)] string SigningAlgorithm,
    [property: Id(2)] string SignerId,
    [property: Id(3)] string OperationId,
    [property: Id(4)] string? GrantId = null,
    [property: Id(5)] string? CertificateChain = null);
