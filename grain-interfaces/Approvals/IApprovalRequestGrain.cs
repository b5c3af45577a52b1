using CodeSigning.Identities;

namespace CodeSigning.Approvals;

/// <summary>
/// An approval request and its votes. The grain key is the request's id; the id of the resulting grant derives from it.
/// Votes are counted one at a time; the last vote and its outcome are one commit.
/// </summary>
[Alias("codesigning.IApprovalRequestGrain")]
public interface IApprovalRequestGrain : IGrainWithStringKey
{
    /// <summary>
    /// Opens a request for a grant on a signer. Operators and administrators of the signer request for themselves only.
    /// </summary>
    [Alias("CreateSigning"), ResponseTimeout("00:00:06")]
    Task<RequestView> CreateSigningAsync(
        Caller caller, string signerId, CreateRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Registers the reminder that ends the request at its expiry. Called before the request is committed: a reminder
    /// without a request removes itself, whereas a request without a reminder would expire unnoticed.
    /// </summary>
    /// <param name="expiresAt">When the request expires (UTC).</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    [Alias("RemindOfExpiry"), ResponseTimeout("00:00:06")]
    Task RemindOfExpiryAsync(DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Approves the current step. Machine identities cannot vote.</summary>
    [Alias("Approve"), ResponseTimeout("00:00:06")]
    Task<RequestView> ApproveAsync(Caller caller, CastVote vote, CancellationToken cancellationToken);

    /// <summary>Rejects the request, which ends it.</summary>
    [Alias("Reject"), ResponseTimeout("00:00:06")]
    Task<RequestView> RejectAsync(Caller caller, CastVote vote, CancellationToken cancellationToken);

    /// <summary>Cancels the request; allowed to its requester and to administrators of the signer.</summary>
    [Alias("Cancel"), ResponseTimeout("00:00:06")]
    Task<RequestView> CancelAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>
    /// Checks whether the remaining steps can still be approved, and notifies the requester if that has changed.
    /// </summary>
    [Alias("Review"), ResponseTimeout("00:00:06")]
    Task ReviewAsync(CancellationToken cancellationToken);
}

/// <summary>The body of a vote.</summary>
/// <param name="Comment">At most 1024 characters; required for a rejection.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CastVote")]
public sealed record CastVote([property: Id(0)] string? Comment = null);
