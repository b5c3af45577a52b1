using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Recording;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Approvals;

/// <summary>
/// How a request ends otherwise than by a vote, and what follows an approval. That it has expired, the clock says; the
/// reminder makes it known promptly.
/// </summary>
public sealed partial class ApprovalRequestGrain
{
    private const string ExpiryReminder = "expire";
    private const string ApplyReminder = "apply";
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(20);
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ApplyDelay = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public async Task<RequestView> CancelAsync(Caller caller, CancellationToken cancellationToken)
    {
        var (request, facts) = await ReadAsync(caller, cancellationToken);
        var next = RequestMachine.Cancel(request, Now);
        var view = next.ToView(facts, Now);
        var change = Record(caller, "request.cancel", next, new { }).Answering(caller, view);
        if (!request.IsOf(caller))
        {
            change = change with { ReadSet = [.. change.ReadSet, .. await DemandAdministratorAsync(caller, request)] };
        }

        await SaveAsync(change, next, cancellationToken);
        await ForgetReminderAsync(ExpiryReminder);
        return view;
    }

    /// <inheritdoc/>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await state.ReadStateAsync();
        switch (reminderName)
        {
            case ExpiryReminder when state.RecordExists && state.State.StatusAt(Now) == RequestStatus.Pending:
                await RemindOfExpiryAsync(state.State.ExpiresAt);
                return;
            case ExpiryReminder when state.RecordExists && RequestMachine.Expire(state.State, Now) is { } expired:
                await SaveAsync(Record(Caller.System, "request.expire", expired, new { }), expired, CancellationToken.None);
                break;
            case ApplyReminder when state.RecordExists && state.State.Status == RequestStatus.Approved:
                await ApplyAsync(state.State, CancellationToken.None);
                break;
        }

        await ForgetReminderAsync(reminderName);
    }

    private async Task<ImmutableArray<StateVersion>> DemandAdministratorAsync(
        Caller caller, ApprovalRequestState request)
    {
        if (request.SignerId is not { } signerId)
        {
            ProductAuthority.DemandAdministrator(caller);
            return [];
        }

        try
        {
            return (await GrainFactory.GetGrain<ISignerGrain>(signerId).AuthorizeAsync(caller, SignerAction.Revoke)).Basis;
        }
        catch (RefusedException)
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "Only its requester and administrators of the signer take a request back. You may reject it.");
        }
    }

    /// <summary>
    /// After an approval: a grant is there already, a policy change is made now. If that is interrupted, the reminder does
    /// it; it was set before the approval was committed.
    /// </summary>
    private async Task FollowUpAsync(ApprovalRequestState approved, CancellationToken cancellationToken)
    {
        await ForgetReminderAsync(ExpiryReminder);
        if (approved.Kind == RequestKind.Signing)
        {
            return;
        }

        try
        {
            await ApplyAsync(approved, cancellationToken);
        }
        catch (Exception interrupted) when (interrupted is OrleansException or TimeoutException or OperationCanceledException)
        {
            return;
        }

        await ForgetReminderAsync(ApplyReminder);
    }

    /// <summary>Has the signer or the policy do what was approved; one that cannot any more has refused, and keeps what it has.</summary>
    private async Task ApplyAsync(ApprovalRequestState approved, CancellationToken cancellationToken)
    {
        try
        {
            await (approved.SignerId is { } signerId
                ? GrainFactory.GetGrain<ISignerGrain>(signerId).ApplyPolicyChangeAsync(Id, cancellationToken)
                : GrainFactory.GetGrain<ISigningPolicyGrain>(approved.PolicyId).ApplyEditAsync(Id, cancellationToken));
        }
        catch (RefusedException refused)
        {
            var change = Record(
                Caller.System, "request.not-applied", approved, new { Code = refused.Code.ToString(), refused.Message });
            await SaveAsync(change, approved, cancellationToken);
        }
    }

    private async Task RemindOfExpiryAsync(DateTimeOffset at)
    {
        var left = at - Now;
        var due = left <= TimeSpan.Zero ? TimeSpan.Zero : left < LongestWait ? left : LongestWait;
        await this.RegisterOrUpdateReminder(ExpiryReminder, due, RetryPeriod);
    }

    private async Task ForgetReminderAsync(string name)
    {
        if (await this.GetReminder(name) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }
}
