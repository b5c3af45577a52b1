namespace CodeSigning.Silo.Keys;

/// <summary>
/// What a sealed key may be used for. It is authenticated with the key, so that a row edited in the store cannot make
/// one kind of key pass for another. Values are stored: they only ever grow.
/// </summary>
public enum KeyPurpose
{
    /// <summary>The private key of a code-signing certificate.</summary>
    CodeSigning = 1,

    /// <summary>The private key of an internal certification authority.</summary>
    CertificateAuthority = 2,

    /// <summary>The ECDSA P-256 key that signs heads and checkpoints of the ledger.</summary>
    Ledger = 3,

    /// <summary>The HMAC key over state rows.</summary>
    StateRows = 4,

    /// <summary>The encryption key of answers kept for idempotent retries.</summary>
    Answers = 5,

    /// <summary>The private key of the cluster authority, which vouches for nodes to one another.</summary>
    ClusterAuthority = 6,
}
