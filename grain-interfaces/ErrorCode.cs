
namespace CodeSigning;

/// <summary>The stable error codes of the contract. Clients see the names: never rename or remove one.</summary>
public enum ErrorCode
{
    /// <summary>The request is malformed.</summary>
    InvalidRequest = 1,

    /// <summary>The data to sign is not base64 of 1 to 128 bytes.</summary>
    InvalidData,

    /// <summary>The signing algorithm is not supported.</summary>
    UnsupportedAlgorithm,

    /// <summary>The signer's key cannot make signatures of this scheme.</summary>
    AlgorithmKeyMismatch,

    /// <summary>The digest's length is not that of the algorithm's hash.</summary>
    DigestLengthMismatch,

    /// <summary>The signer is disabled.</summary>
    SignerDisabled,

    /// <summary>The certificate has expired.</summary>
    CertificateExpired,

    /// <summary>The certificate is not yet valid.</summary>
    CertificateNotYetValid,

    /// <summary>The certificate, or a CA certificate above it, is revoked.</summary>
    CertificateRevoked,

    /// <summary>The certificate is not a code-signing certificate.</summary>
    NotACodeSigningCertificate,

    /// <summary>The request exceeds a limit of the policy.</summary>
    PolicyLimitExceeded,

    /// <summary>The policy limits neither time nor number of signatures; it must limit one.</summary>
    NoConstraint,

    /// <summary>A step requires more approvals than it has eligible approvers.</summary>
    UnreachableApproval,

    /// <summary>The token is missing or invalid.</summary>
    Unauthenticated,

    /// <summary>The caller may not do this.</summary>
    Forbidden,

    /// <summary>The policy requires an approved request.</summary>
    ApprovalRequired,

    /// <summary>The grant has no signatures left.</summary>
    GrantExhausted,

    /// <summary>The grant's window has ended.</summary>
    GrantExpired,

    /// <summary>The grant's window has not begun.</summary>
    GrantNotYetValid,

    /// <summary>The grant was revoked.</summary>
    GrantRevoked,

    /// <summary>The grant's scope does not include this digest, address, host or tool.</summary>
    ScopeMismatch,

    /// <summary>Requesters cannot approve their own requests.</summary>
    SelfApproval,

    /// <summary>The object does not exist, or the caller may not see it.</summary>
    NotFound,

    /// <summary>The object was changed concurrently; retry.</summary>
    Conflict,

    /// <summary>The name is or was in use.</summary>
    NameTaken,

    /// <summary>The object's state does not allow this operation.</summary>
    WrongState,

    /// <summary>The caller has already voted in this step.</summary>
    AlreadyVoted,

    /// <summary>The idempotency key was used with a different request.</summary>
    IdempotencyMismatch,

    /// <summary>The request is too large.</summary>
    TooLarge,

    /// <summary>Too many requests; retry after the time in <c>Retry-After</c>.</summary>
    RateLimited,

    /// <summary>The service is temporarily unavailable; a retry is safe.</summary>
    Unavailable,

    /// <summary>
    /// An internal fault; the operation may or may not have been done. The log has the cause under the error id.
    /// </summary>
    InternalError,

    /// <summary>The key already belongs to another certificate.</summary>
    KeyInUse,

    /// <summary>A second factor is missing or too old: send a code, or enrol a factor first.</summary>
    SecondFactorRequired,

    /// <summary>The password was set by another and must be changed first.</summary>
    PasswordChangeRequired,

    /// <summary>The certificate of a public signer, or the custody of its key, does not conform to the public profile.</summary>
    ProfileViolated,
}
