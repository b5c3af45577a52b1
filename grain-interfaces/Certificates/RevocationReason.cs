namespace CodeSigning.Certificates;

/// <summary>Why a certificate is revoked (RFC 5280, section 5.3.1; the values are its codes). Written in camelCase.</summary>
public enum RevocationReason
{
    /// <summary>No reason is given.</summary>
    Unspecified = 0,

    /// <summary>The private key is not the owner's alone any more.</summary>
    KeyCompromise = 1,

    /// <summary>The issuer's key is not its own alone any more.</summary>
    CaCompromise = 2,

    /// <summary>The subject's name or position has changed.</summary>
    AffiliationChanged = 3,

    /// <summary>Another certificate took its place.</summary>
    Superseded = 4,

    /// <summary>It is not needed any more.</summary>
    CessationOfOperation = 5,
}
