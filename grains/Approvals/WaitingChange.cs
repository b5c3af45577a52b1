using CodeSigning.Approvals;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>The request for a change of policy that a signer or a policy waits for, as it stood in the store.</summary>
internal sealed class WaitingChange
{
    private readonly StoredState _row;
    private readonly ApprovalRequestState _request;

    private WaitingChange(StoredState row, ApprovalRequestState request) => (_row, _request) = (row, request);

    /// <summary>The request's id.</summary>
    public string Id => _row.Id;

    /// <summary>The request's version.</summary>
    public StateVersion Version => _row.ToVersion();

    /// <summary>Reads it; null where none is waited for, or it has ended.</summary>
    public static async Task<WaitingChange?> FindAsync(
        IStateStore states, string? requestId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (requestId is null || await states.ReadAsync(StateTypes.ApprovalRequest, requestId, cancellationToken) is not { } row)
        {
            return null;
        }

        var request = row.ReadAs<ApprovalRequestState>();
        return request.StatusAt(now) == RequestStatus.Pending ? new WaitingChange(row, request) : null;
    }

    /// <summary>
    /// Whether the caller asked for the same with it, and the policy has not become stricter since, which forbids its
    /// approval.
    /// </summary>
    public bool Asks(Caller caller, PolicyChange change, PolicyDefinition inForce) =>
        _request.IsOf(caller) && StateJson.Write(_request.Change).AsSpan().SequenceEqual(StateJson.Write(change))
        && !PolicyComparison.AllowsMore(inForce, _request.Policy);

    /// <summary>The write that cancels it, since what replaces it makes its approval impossible.</summary>
    public StateWrite Cancel(DateTimeOffset now)
    {
        var cancelled = RequestMachine.Cancel(_request, now);
        return new StateWrite(_row.Type, _row.Id, _row.Version, StateJson.Write(cancelled), cancelled.ToIndex());
    }
}
