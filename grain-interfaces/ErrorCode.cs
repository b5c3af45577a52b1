
namespace CodeSigning;

/// <summary>The stable codes of the contract. The names are what clients see; they only ever grow.</summary>
public enum ErrorCode
{
    /// <summary>The request is malformed.</summary>
    InvalidRequest = 1,

    /// <summary>The data to sign is not base64 of 1 to 128 bytes.</summary>
    InvalidData,

    /// <summary>No such algorithm.</summary>
    UnsupportedAlgorithm,

    /// <summary>The signer's key cannot make signatures of this scheme.</summary>
    AlgorithmKeyMismatch,

    /// <summary>The digest has not the length of the algorithm's hash.</summary>
    DigestLengthMismatch,

    /// <summary>The signer is disabled.</summary>
    SignerDisabled,

    /// <summary>The certificate's end has come.</summary>
    CertificateExpired,

    /// <summary>The certificate's beginning has not come.</summary>
    CertificateNotYetValid,

    /// <summary>The certificate, or one above it, was revoked.</summary>
    CertificateRevoked,

    /// <summary>The certificate may not sign code.</summary>
    NotACodeSigningCertificate,

    /// <summary>More was asked than the policy allows.</summary>
    PolicyLimitExceeded,

    /// <summary>A policy needs a limit in time or in number.</summary>
    NoConstraint,

    /// <summary>A step needs more people than may approve it.</summary>
    UnreachableApproval,

    /// <summary>No valid token.</summary>
    Unauthenticated,

    /// <summary>The caller may not do this.</summary>
    Forbidden,

    /// <summary>The policy demands an approved request first.</summary>
    ApprovalRequired,

    /// <summary>The grant's signatures are used up.</summary>
    GrantExhausted,

    /// <summary>The grant's window is over.</summary>
    GrantExpired,

    /// <summary>The grant's window has not begun.</summary>
    GrantNotYetValid,

    /// <summary>The grant was revoked.</summary>
    GrantRevoked,

    /// <summary>The grant covers other digests, addresses, hosts or tools.</summary>
    ScopeMismatch,

    /// <summary>Nobody approves what they ask for themselves.</summary>
    SelfApproval,

    /// <summary>There is no such thing, or the caller may not know of it.</summary>
    NotFound,

    /// <summary>It changed at the same time; ask again.</summary>
    Conflict,

    /// <summary>The name is, or was, another's.</summary>
    NameTaken,

    /// <summary>It is not in a state in which this can be done.</summary>
    WrongState,

    /// <summary>This person has voted in this step.</summary>
    AlreadyVoted,

    /// <summary>The idempotency key was used with another content.</summary>
    IdempotencyMismatch,

    /// <summary>The request is too large.</summary>
    TooLarge,

    /// <summary>Too many requests; wait as long as <c>Retry-After</c> says.</summary>
    RateLimited,

    /// <summary>The service cannot do it at the moment; a retry is safe.</summary>
    Unavailable,

    /// <summary>Something failed inside the service, and whether anything was done is not known. The log tells of it under the id.</summary>
    InternalError,

    /// <summary>The key is another certificate's already.</summary>
    KeyInUse,
}
