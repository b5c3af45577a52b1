using CodeSigning.Identities;

namespace CodeSigning.Signers;

/// <summary>A signer as its readers see it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">Its description.</param>
/// <param name="Status">Whether it may sign.</param>
/// <param name="CertificateId">The certificate that it signs with.</param>
/// <param name="CertificateSerial">The certificate's serial number, lower-case hex.</param>
/// <param name="KeyAlgorithm">The kind of its key.</param>
/// <param name="CertificateNotAfter">When its certificate ends (UTC).</param>
/// <param name="ApprovalPolicyId">Its signing policy, or none.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="LastSignedAt">When it last signed (UTC); some seconds late.</param>
/// <param name="PendingPolicyRequestId">The request for another policy that waits for approval, after a change that loosens.</param>
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
    [property: Id(12)] string? PendingPolicyRequestId = null);

/// <summary>Whether a signer may sign. Written as <c>active</c>, <c>disabled</c> and <c>expired</c>.</summary>
public enum SignerStatus
{
    /// <summary>It may.</summary>
    Active = 1,

    /// <summary>It was switched off.</summary>
    Disabled = 2,

    /// <summary>Computed, never stored: its certificate's end has come.</summary>
    Expired = 3,
}
