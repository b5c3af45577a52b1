using CodeSigning.Identities;

namespace CodeSigning.Approvals;

/// <summary>
/// A request and the votes on it; its key is its id, and the id of the grant that comes of it derives from that.
/// Votes are counted one at a time; the last one and what it gives are one commit.
/// </summary>
[Alias("codesigning.IApprovalRequestGrain")]
public interface IApprovalRequestGrain : IGrainWithStringKey
{
    /// <summary>Opens a request for a grant on a signer; operators and administrators of it ask for themselves.</summary>
    [Alias("CreateSigning"), ResponseTimeout("00:00:06")]
    Task<RequestView> CreateSigningAsync(
        Caller caller, string signerId, CreateRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Has the request end when its time is over. Called before the request is committed together with the signer or policy
    /// that waits for it: a reminder without a request removes itself, a request without a reminder would end unnoticed.
    /// </summary>
    /// <param name="expiresAt">Until when the request waits (UTC).</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    [Alias("RemindOfExpiry"), ResponseTimeout("00:00:06")]
    Task RemindOfExpiryAsync(DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Approves the step that waits. A machine identity never votes.</summary>
    [Alias("Approve"), ResponseTimeout("00:00:06")]
    Task<RequestView> ApproveAsync(Caller caller, CastVote vote, CancellationToken cancellationToken);

    /// <summary>Rejects it, and so ends it.</summary>
    [Alias("Reject"), ResponseTimeout("00:00:06")]
    Task<RequestView> RejectAsync(Caller caller, CastVote vote, CancellationToken cancellationToken);

    /// <summary>Takes it back: its requester, or an administrator of the signer.</summary>
    [Alias("Cancel"), ResponseTimeout("00:00:06")]
    Task<RequestView> CancelAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Looks again whether the step that waits can still be filled, and tells the requester where that has changed.</summary>
    [Alias("Review"), ResponseTimeout("00:00:06")]
    Task ReviewAsync(CancellationToken cancellationToken);
}

/// <summary>A vote's words.</summary>
/// <param name="Comment">At most 1024 characters; a rejection says why.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CastVote")]
public sealed record CastVote([property: Id(0)] string? Comment = null);
