using CodeSigning.Approvals;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grants;

/// <summary>
/// An authorisation to sign, limited in time, in number, or both; its key is its id. Its uses are counted in the ledger
/// and nowhere else; what it keeps in memory are only the uses that are under way.
/// </summary>
[Alias("codesigning.IGrantGrain")]
public interface IGrantGrain : IGrainWithStringKey
{
    /// <summary>Makes it ahead of a request: an administrator of the signer, for somebody else, within the policy's limits.</summary>
    [Alias("PreApprove")]
    Task<GrantView> PreApproveAsync(
        Caller caller, string signerId, PreApprove request, CancellationToken cancellationToken);

    /// <summary>The grant, for its grantee and for whoever may read its signer.</summary>
    [ReadOnly, Alias("Get")]
    Task<GrantView> GetAsync(Caller caller);

    /// <summary>Revokes it; holds for every signature that begins after this returns. The signer's administrators only.</summary>
    [Alias("Revoke")]
    Task<GrantView> RevokeAsync(Caller caller, RevokeGrant request, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps one use for a caller. Where the limit is reached only by uses still under way it waits for them: one of them
    /// may fail. A reservation that is not settled ends after a minute.
    /// </summary>
    /// <param name="grantee">Who wants to sign.</param>
    /// <param name="certificateThumbprint">The certificate that the signer has now.</param>
    /// <param name="question">What is to be signed, and when.</param>
    /// <param name="atLeast">The version that the ledger was seen to hold, 0 for none: what is older in memory is read again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [AlwaysInterleave, Alias("Reserve")]
    Task<GrantOffer> ReserveAsync(
        PrincipalRef grantee,
        string certificateThumbprint,
        SigningQuestion question,
        long atLeast,
        CancellationToken cancellationToken);

    /// <summary>Ends a reservation.</summary>
    [AlwaysInterleave, Alias("Settle")]
    Task SettleAsync(GrantSettlement settlement);
}
