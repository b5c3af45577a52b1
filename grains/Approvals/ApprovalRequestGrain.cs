using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// Counts the votes of a request one at a time. An emergency stop ends requests without this grain, so each call reads
/// the row first. <see cref="RequestMachine"/> decides; this class commits.
/// </summary>
public sealed class ApprovalRequestGrain(
    ILedger ledger,
    RequestDirectory directory,
    RequestDrafts drafts,
    RequestOutcomes outcomes,
    SignerDirectory signers,
    TimeProvider time) : Grain, IApprovalRequestGrain, IRemindable
{
    private const string ExpiryReminder = "expire";

    // Earlier releases applied an approved policy change in a second commit, which may still be outstanding in their stores.
    private const string ApplyReminder = "apply";

    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(20);
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromMinutes(5);

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => time.GetUtcNow();

    /// <inheritdoc/>
    public async Task<RequestView> CreateSigningAsync(
        Caller caller, string signerId, CreateRequest request, CancellationToken cancellationToken)
    {
        var access = await signers.AuthorizeAsync(caller, signerId, SignerAction.Request, cancellationToken);
        if (await directory.FindWaitingAsync(caller, access.SignerId, cancellationToken) is { } waiting)
        {
            return waiting;
        }

        var draft = await drafts.SigningAsync(caller, Id, access, request, cancellationToken);
        await RemindOfExpiryAsync(draft.ExpiresAt, cancellationToken);
        var view = await ViewAsync(caller, draft.State, draft.Facts, cancellationToken);
        await ledger.RecordAsync(draft.Change.Answering(caller, view), cancellationToken);
        return view;
    }

    /// <inheritdoc/>
    public async Task RemindOfExpiryAsync(DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var left = expiresAt - Now;
        var due = left <= TimeSpan.Zero ? TimeSpan.Zero : left < LongestWait ? left : LongestWait;
        await this.RegisterOrUpdateReminder(ExpiryReminder, due, RetryPeriod, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RequestView> ApproveAsync(Caller caller, CastVote vote, CancellationToken cancellationToken)
    {
        var (request, facts) = await directory.AuthorizeAsync(caller, Id, cancellationToken);
        var next = RequestMachine.Approve(request.State, facts, caller.ToActor(), vote.Comment, Now);
        var change = next.Status == RequestStatus.Approved
            ? await CompleteAsync(caller, request.State, next, facts, cancellationToken)
            : Record(caller, next.CurrentStep > request.State.CurrentStep ? "request.completeStep" : "request.vote", request.State, next);
        var view = await SaveVoteAsync(caller, change, request, next, facts, cancellationToken);
        if (next.Status == RequestStatus.Approved)
        {
            await ForgetReminderAsync(ExpiryReminder);
        }

        return view;
    }

    /// <inheritdoc/>
    public async Task<RequestView> RejectAsync(Caller caller, CastVote vote, CancellationToken cancellationToken)
    {
        var (request, facts) = await directory.AuthorizeAsync(caller, Id, cancellationToken);
        var next = RequestMachine.Reject(request.State, facts, caller.ToActor(), vote.Comment, Now);
        var change = Record(caller, "request.reject", request.State, next);
        var view = await SaveVoteAsync(caller, change, request, next, facts, cancellationToken);
        await ForgetReminderAsync(ExpiryReminder);
        return view;
    }

    /// <inheritdoc/>
    public async Task<RequestView> CancelAsync(Caller caller, CancellationToken cancellationToken)
    {
        var (request, facts) = await directory.AuthorizeAsync(caller, Id, cancellationToken);
        var next = RequestMachine.Cancel(request.State, Now);
        var view = await ViewAsync(caller, next, facts, cancellationToken);
        var change = Record(caller, "request.cancel", request.State, next)
            .Answering(caller, view)
            .Writing(request.Replace(next));
        await ledger.RecordAsync(
            request.State.IsOf(caller)
                ? change
                : change.Reading(await RequireAdministratorAsync(caller, request.State, cancellationToken)),
            cancellationToken);
        await ForgetReminderAsync(ExpiryReminder);
        return view;
    }

    /// <inheritdoc/>
    public async Task ReviewAsync(CancellationToken cancellationToken)
    {
        if (await directory.FindAsync(Id, cancellationToken) is not { } request
            || request.State.StatusAt(Now) != RequestStatus.Pending)
        {
            return;
        }

        var isUnreachable = !await directory.CanBeFilledAsync(request.State, cancellationToken);
        if (isUnreachable != request.State.IsUnreachable)
        {
            var action = isUnreachable ? "request.unreachable" : "request.reachable";
            var next = request.State with { IsUnreachable = isUnreachable };
            await ledger.RecordAsync(
                Record(Caller.System, action, request.State, next).Writing(request.Replace(next)), cancellationToken);
        }
    }

    /// <summary>Records the expiry promptly; the clock alone decides that a request has expired.</summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        var request = await directory.FindAsync(Id, CancellationToken.None);
        switch (reminderName)
        {
            case ExpiryReminder when request?.State.StatusAt(Now) == RequestStatus.Pending:
                await RemindOfExpiryAsync(request.State.ExpiresAt, CancellationToken.None);
                return;
            case ExpiryReminder when request is not null && RequestMachine.Expire(request.State, Now) is { } expired:
                await ledger.RecordAsync(
                    Record(Caller.System, "request.expire", request.State, expired).Writing(request.Replace(expired)),
                    CancellationToken.None);
                break;
            case ApplyReminder when request?.State is { Status: RequestStatus.Approved, Kind: RequestKind.SignerPolicy or RequestKind.PolicyEdit } approved:
                await ApplyLateAsync(approved);
                break;
        }

        await ForgetReminderAsync(reminderName);
    }

    /// <summary>Commits a vote with the read set of the voter's eligibility.</summary>
    private async Task<RequestView> SaveVoteAsync(
        Caller caller,
        LedgerElement change,
        Row<ApprovalRequestState> request,
        ApprovalRequestState next,
        RequestFacts facts,
        CancellationToken cancellationToken)
    {
        var step = next.Policy.Steps[next.Ballots[^1].Step];
        var freshUntil = VoteFactor.Require(next.Policy, caller, Now);
        var view = await ViewAsync(caller, next, facts, cancellationToken);
        var vote = change
            .Answering(caller, view)
            .Reading(facts.Approvers.ReadSetOf(step, caller.Id)!)
            .Reading(facts.ExclusionReadSet)
            .Writing(request.Replace(next));
        try
        {
            await ledger.RecordAsync(vote with { Until = Earliest(next.ExpiresAt, caller.Until, freshUntil) }, cancellationToken);
        }
        catch (CommitRefusedException refused)
            when (refused.Reason == CommitRefusal.TooLate && !(caller.Until < Earliest(next.ExpiresAt, null, freshUntil)))
        {
            // The database's clock, which decides, is ahead of this node's.
            throw freshUntil < next.ExpiresAt
                ? VoteFactor.Missing(next.Policy)
                : new RefusedException(ErrorCode.WrongState, "The request has expired: create a new one.");
        }

        return view;
    }

    private static DateTimeOffset Earliest(DateTimeOffset first, DateTimeOffset? second, DateTimeOffset? third)
    {
        var earlier = second < first ? second.Value : first;
        return third < earlier ? third.Value : earlier;
    }

    /// <summary>The element of the last vote, with the grant, the policy change or the new group member.</summary>
    private async Task<LedgerElement> CompleteAsync(
        Caller caller,
        ApprovalRequestState asked,
        ApprovalRequestState approved,
        RequestFacts facts,
        CancellationToken cancellationToken)
    {
        if (!facts.Requester.IsActive)
        {
            throw RequestOutcomes.NoLongerApplicable("The requester is no longer active");
        }

        var counted = RequestTally.Of(approved, facts).ReadSetOf(approved, facts);
        var outcome = approved.Kind switch
        {
            RequestKind.Signing => await outcomes.GrantAsync(caller, approved, facts.Requester, cancellationToken),
            RequestKind.GroupMember => await outcomes.AdditionAsync(approved, cancellationToken),
            _ => await outcomes.PolicyChangeAsync(approved, cancellationToken),
        };
        var changes = Changes.Between(asked.ToRecord(), approved.ToRecord()).Saying("grant", outcome.Grant?.ToRecord());
        var change = Change.By(caller, "request.approve", StateTypes.ApprovalRequest, Id, changes, time)
            .About(approved.SignerId, approved.SignerName, outcome.Grant?.Id)
            .Reading(counted)
            .Reading(facts.Requester.Version)
            .Reading(outcome.ReadSet)
            .Writing(outcome.Writes);
        return outcome.Applied is null ? change : change with { With = [outcome.Applied] };
    }

    private async Task<RequestView> ViewAsync(
        Caller caller, ApprovalRequestState request, RequestFacts facts, CancellationToken cancellationToken) =>
        request.ToView(facts, Now, await directory.ReadNamesAsync(caller, [request], cancellationToken));

    private async Task ApplyLateAsync(ApprovalRequestState approved)
    {
        try
        {
            if ((await outcomes.PolicyChangeAsync(approved, CancellationToken.None)).Applied is { } applied)
            {
                await ledger.RecordAsync(applied, CancellationToken.None);
            }
        }
        catch (RefusedException)
        {
            // The change was applied already or is no longer applicable.
        }
    }

    private async Task<ImmutableArray<StateVersion>> RequireAdministratorAsync(
        Caller caller, ApprovalRequestState request, CancellationToken cancellationToken)
    {
        if (request.SignerId is not { } signerId)
        {
            ProductAuthority.RequireAdministrator(caller);
            return [];
        }

        try
        {
            return (await signers.AuthorizeAsync(caller, signerId, SignerAction.Revoke, cancellationToken)).ReadSet;
        }
        catch (RefusedException)
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "Only the requester and administrators of the signer may cancel a request: reject it instead.");
        }
    }

    /// <summary>Cleans up after a commit; a reminder that remains removes itself when it fires.</summary>
    private async Task ForgetReminderAsync(string name)
    {
        try
        {
            if (await this.GetReminder(name) is { } reminder)
            {
                await this.UnregisterReminder(reminder);
            }
        }
        catch (Exception away) when (away is OrleansException or TimeoutException or StoreUnavailableException)
        {
            // The request is committed; the response must not depend on the cleanup.
        }
    }

    private LedgerElement Record(Caller caller, string action, ApprovalRequestState request, ApprovalRequestState next) => Change
        .By(caller, action, StateTypes.ApprovalRequest, Id, Changes.Between(request.ToRecord(), next.ToRecord()), time)
        .About(next.SignerId, next.SignerName);
}
