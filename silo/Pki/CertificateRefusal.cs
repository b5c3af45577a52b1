namespace CodeSigning.Silo.Pki;

/// <summary>Why something of the public-key infrastructure is not taken, made or issued.</summary>
public enum CertificateRefusal
{
    /// <summary>The bytes or the text are not what they should be.</summary>
    Malformed = 1,

    /// <summary>The file does not open with this password.</summary>
    WrongPassword,

    /// <summary>Opening the file would take more work, or it holds more, than any honest file needs.</summary>
    LimitExceeded,

    /// <summary>There is no private key in it.</summary>
    NoPrivateKey,

    /// <summary>There is more than one private key in it.</summary>
    SeveralPrivateKeys,

    /// <summary>The private key is not the certificate's.</summary>
    KeyMismatch,

    /// <summary>The key is of no kind that is served here.</summary>
    UnsuitableKey,

    /// <summary>Others can find the private key, or have it.</summary>
    WeakKey,

    /// <summary>The certificate may not sign code.</summary>
    NotACodeSigningCertificate,

    /// <summary>A certificate of the chain did not issue the one below it.</summary>
    BrokenChain,

    /// <summary>A certificate was given that has no place in the chain.</summary>
    UnrelatedCertificate,

    /// <summary>The subject is not a distinguished name that can be issued.</summary>
    InvalidName,

    /// <summary>The issuer may not issue it: it is no CA, its path length is used up, or its end has come.</summary>
    UnsuitableIssuer,
}
