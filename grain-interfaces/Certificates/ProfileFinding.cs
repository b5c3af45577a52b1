namespace CodeSigning.Certificates;

/// <summary>
/// What in a certificate, or in where its key is, deviates from the CA/Browser Forum's Code Signing Baseline Requirements
/// (CSBR), version 3.10.0.
/// </summary>
/// <param name="Code">The stable code of the rule.</param>
/// <param name="Severity">Whether a signer that is marked public refuses the certificate.</param>
/// <param name="Rule">The rule's section, such as <c>CSBR 6.1.5.2</c>.</param>
/// <param name="Detail">What is wrong, with the certificate's values; one sentence.</param>
/// <param name="Remedy">What to do; one sentence.</param>
public sealed record ProfileFinding(ProfileRule Code, FindingSeverity Severity, string Rule, string Detail, string Remedy);

/// <summary>How much a finding weighs. Written as <c>error</c> and <c>warning</c>.</summary>
public enum FindingSeverity
{
    /// <summary>A public signer refuses the certificate; other signers take it.</summary>
    Error = 1,

    /// <summary>All signers take the certificate: a recommendation, or what only its CA answers for.</summary>
    Warning,
}

/// <summary>The rules of the profile. Written in camelCase; clients see the names: never rename or remove one.</summary>
public enum ProfileRule
{
    /// <summary>RSA keys have at least 3072 bits (CSBR 6.1.5.2).</summary>
    RsaKeyTooShort = 1,

    /// <summary>Keys are RSA, or EC on P-256, P-384 or P-521 (CSBR 6.1.5.2).</summary>
    UnsupportedKey,

    /// <summary>The modulus or the point is valid, and nobody can compute the private key (CSBR 6.1.6).</summary>
    WeakKey,

    /// <summary>The RSA exponent is odd and at least 3 (CSBR 6.1.6).</summary>
    RsaExponentInvalid,

    /// <summary>The RSA exponent should be from 2^16 + 1 to 2^256 - 1 (CSBR 6.1.6).</summary>
    RsaExponentUnusual,

    /// <summary>Validity is at most 460 days; 39 months if issued before March 2026 (CSBR 6.3.2).</summary>
    ValidityTooLong,

    /// <summary>keyUsage is present (CSBR 7.1.2.3 e).</summary>
    KeyUsageMissing,

    /// <summary>keyUsage is critical (CSBR 7.1.2.3 e).</summary>
    KeyUsageNotCritical,

    /// <summary>keyUsage has digitalSignature (CSBR 7.1.2.3 e).</summary>
    DigitalSignatureMissing,

    /// <summary>keyUsage has neither keyCertSign nor cRLSign (CSBR 7.1.2.3 e).</summary>
    SignsCertificates,

    /// <summary>keyUsage should have nothing but digitalSignature (CSBR 7.1.2.3 e).</summary>
    OtherKeyUsage,

    /// <summary>extKeyUsage has codeSigning (CSBR 7.1.2.3 f).</summary>
    CodeSigningMissing,

    /// <summary>extKeyUsage lacks anyExtendedKeyUsage (CSBR 7.1.2.3 f).</summary>
    AnyExtendedKeyUsage,

    /// <summary>extKeyUsage lacks serverAuth (CSBR 7.1.2.3 f).</summary>
    ServerAuth,

    /// <summary>extKeyUsage should have no value that the rules do not name (CSBR 7.1.2.3 f).</summary>
    OtherExtendedKeyUsage,

    /// <summary>It is no CA certificate (CSBR 7.1.2.3 d).</summary>
    CertificateAuthority,

    /// <summary>certificatePolicies names a policy (CSBR 7.1.2.3 a).</summary>
    PolicyMissing,

    /// <summary>cRLDistributionPoints has an HTTP URL (CSBR 7.1.2.3 b).</summary>
    CrlUrlMissing,

    /// <summary>authorityInformationAccess has the HTTP URL of the CA's certificate (CSBR 7.1.2.3 c).</summary>
    IssuerUrlMissing,

    /// <summary>authorityKeyIdentifier is present (CSBR 7.1.2.3 g).</summary>
    AuthorityKeyIdentifierMissing,

    /// <summary>None of the extensions of 7.1.2.3 a, b, c and g is critical.</summary>
    ExtensionCritical,

    /// <summary>The key is in an HSM (CSBR 6.2.7.4.1).</summary>
    KeyNotInHardware,
}
