using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// A request. Others end it past this grain (a signer's emergency stop), so its row is read again before each act. What
/// it decides, <see cref="RequestMachine"/> says; here is what that rests on and what is committed with it.
/// </summary>
public sealed partial class ApprovalRequestGrain(
    [PersistentState(StateTypes.ApprovalRequest, "ledger")] IPersistentState<ApprovalRequestState> state,
    ApprovalServices services) : Grain, IApprovalRequestGrain, IRemindable
{
    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => services.Time.GetUtcNow();

    /// <inheritdoc/>
    public async Task<RequestView> GetAsync(Caller caller)
    {
        var stored = await services.States.ReadAsync(StateTypes.ApprovalRequest, Id, CancellationToken.None)
            ?? throw NotFound();
        var request = stored.ReadAs<ApprovalRequestState>();
        var facts = await services.Facts.ReadAsync(request, PersonOf(caller), CancellationToken.None);
        await DemandVisibleAsync(caller, request, facts);
        return request.ToView(facts, Now);
    }

    /// <inheritdoc/>
    public async Task ReviewAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        var request = state.State;
        if (!state.RecordExists || request.StatusAt(Now) != RequestStatus.Pending)
        {
            return;
        }

        var facts = await services.Facts.ReadAsync(request, null, cancellationToken);
        var isUnreachable = !RequestTally.Of(request, facts).CanBeFilled;
        if (isUnreachable != request.IsUnreachable)
        {
            var action = isUnreachable ? "request.unreachable" : "request.reachable";
            await SaveAsync(
                Record(Caller.System, action, request, new { }),
                request with { IsUnreachable = isUnreachable },
                cancellationToken);
        }
    }

    /// <summary>The request as it stands in the store, and what decisions about it rest on.</summary>
    private async Task<(ApprovalRequestState Request, RequestFacts Facts)> ReadAsync(
        Caller caller, CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        if (!state.RecordExists)
        {
            throw NotFound();
        }

        var facts = await services.Facts.ReadAsync(state.State, PersonOf(caller), cancellationToken);
        await DemandVisibleAsync(caller, state.State, facts);
        return (state.State, facts);
    }

    private async Task DemandVisibleAsync(Caller caller, ApprovalRequestState request, RequestFacts facts)
    {
        if (request.IsOf(caller)
            || (PersonOf(caller) is { } userId
                && (request.Policy.Steps.Any(step => facts.Approvers.Allow(step, userId))
                    || request.Ballots.Any(ballot => ballot.UserId == userId))))
        {
            return;
        }

        if (request.SignerId is null)
        {
            if (caller.Role != ProductRole.Admin)
            {
                throw NotFound();
            }

            return;
        }

        try
        {
            await GrainFactory.GetGrain<ISignerGrain>(request.SignerId).AuthorizeAsync(caller, SignerAction.Read);
        }
        catch (RefusedException)
        {
            throw NotFound();
        }
    }

    private PendingChange Record(Caller caller, string action, ApprovalRequestState request, object changes)
    {
        var change = Change.By(caller, action, StateTypes.ApprovalRequest, Id, changes, services.Time);
        return change with
        {
            Entry = change.Entry! with { SignerId = request.SignerId, SignerName = request.SignerName },
        };
    }

    private Task SaveAsync(PendingChange change, ApprovalRequestState next, CancellationToken cancellationToken) =>
        state.WriteRecordedAsync(next, change with { ReadSet = [.. change.ReadSet.Distinct()] }, cancellationToken);

    private static string? PersonOf(Caller caller) => caller.Kind == PrincipalKind.User ? caller.Id : null;

    private static RefusedException NotFound() =>
        new(ErrorCode.NotFound, "There is no such request, or it is not yours to see.");

    private static RefusedException AskAgain(string why) =>
        new(ErrorCode.WrongState, $"{why} Cancel this request and make a new one.");
}
