using CodeSigning.Identities;

namespace CodeSigning.Signers;

/// <summary>A signer.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">Its description.</param>
/// <param name="Status">Its status.</param>
/// <param name="CertificateId">The certificate that it signs with.</param>
/// <param name="CertificateSerial">The certificate's serial number, lower-case hex.</param>
/// <param name="KeyAlgorithm">Its key algorithm, such as <c>EC_P256</c>.</param>
/// <param name="CertificateNotAfter">When its certificate expires (UTC).</param>
/// <param name="ApprovalPolicyId">Its signing policy; null if it has none.</param>
/// <param name="CreatedAt">When it was created (UTC).</param>
/// <param name="CreatedBy">Who created it.</param>
/// <param name="LastSignedAt">When it last signed (UTC); updated with a delay of seconds.</param>
/// <param name="PendingPolicyRequestId">The pending request for a policy change that loosens.</param>
/// <param name="ApprovalPolicyName">The policy's name, for people.</param>
/// <param name="CertificateSubject">The certificate's subject (RFC 4514).</param>
/// <param name="Public">Whether it is for publicly trusted code signing.</param>
[GenerateSerializer, Immutable, Alias("codesigning.SignerView")]
public sealed record SignerView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] string? Description,
    [property: Id(3)] SignerStatus Status,
    [property: Id(4)] string CertificateId,
    [property: Id(5)] string CertificateSerial,
    [property: Id(6)] string KeyAlgorithm,
    [property: Id(7)] DateTimeOffset CertificateNotAfter,
    [property: Id(8)] string? ApprovalPolicyId,
    [property: Id(9)] DateTimeOffset CreatedAt,
    [property: Id(10)] PrincipalRef CreatedBy,
    [property: Id(11)] DateTimeOffset? LastSignedAt = null,
    [property: Id(12)] string? PendingPolicyRequestId = null,
    [property: Id(13)] string? ApprovalPolicyName = null,
    [property: Id(14)] string? CertificateSubject = null,
    [property: Id(15)] bool Public = false);

/// <summary>The status of a signer. Written as <c>active</c>, <c>disabled</c> and <c>expired</c>.</summary>
public enum SignerStatus
{
    /// <summary>It may sign.</summary>
    Active = 1,

    /// <summary>It is disabled.</summary>
    Disabled = 2,

    /// <summary>Its certificate has expired. Computed, never stored.</summary>
    Expired = 3,
}
