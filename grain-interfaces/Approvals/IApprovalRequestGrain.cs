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
    [Alias("CreateSigning")]
    Task<RequestView> CreateSigningAsync(
        Caller caller, string signerId, CreateRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a request to change a signer's policy or what a policy says, under the policy in force. The signer or the
    /// policy asks, having decided that the caller may; it waits in its turn, so it is not called back.
    /// </summary>
    [Alias("CreatePolicyChange")]
    Task<RequestView> CreatePolicyChangeAsync(
        Caller caller, string? signerId, string? signerName, PolicyChange change, CancellationToken cancellationToken);

    /// <summary>The request: for its requester, its approvers, and whoever may read its signer.</summary>
    [ReadOnly, Alias("Get")]
    Task<RequestView> GetAsync(Caller caller);

    /// <summary>Approves the step that waits. A machine identity never votes.</summary>
    [Alias("Approve")]
    Task<RequestView> ApproveAsync(Caller caller, CastVote vote, CancellationToken cancellationToken);

    /// <summary>Rejects it, and so ends it.</summary>
    [Alias("Reject")]
    Task<RequestView> RejectAsync(Caller caller, CastVote vote, CancellationToken cancellationToken);

    /// <summary>Takes it back: its requester, or an administrator of the signer.</summary>
    [Alias("Cancel")]
    Task<RequestView> CancelAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Looks again whether the step that waits can still be filled, and tells the requester where that has changed.</summary>
    [Alias("Review")]
    Task ReviewAsync(CancellationToken cancellationToken);
}
