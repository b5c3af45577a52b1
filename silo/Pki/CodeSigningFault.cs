namespace CodeSigning.Silo.Pki;

/// <summary>Why a certificate may not sign code (RFC 5280, section 4.2.1, and CA/Browser Forum 7.1.2.3).</summary>
public enum CodeSigningFault
{
    /// <summary>There is no extended key usage codeSigning.</summary>
    NoCodeSigningUsage = 1,

    /// <summary>It has anyExtendedKeyUsage: a certificate for everything is no code-signing certificate.</summary>
    AnyUsage,

    /// <summary>It is for TLS servers too.</summary>
    ServerUsage,

    /// <summary>It has a key usage, and that has no digitalSignature.</summary>
    NoDigitalSignature,

    /// <summary>It may sign certificates or CRLs.</summary>
    SignsCertificates,

    /// <summary>It is a CA's.</summary>
    CertificateAuthority,

    /// <summary>Its key is of no kind that is served here.</summary>
    UnsupportedKey,

    /// <summary>Its key is malformed or weak.</summary>
    WeakKey,
}
