using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Approvals;

/// <summary>The outcome of an approval, to be committed with the last vote.</summary>
/// <param name="ReadSet">The read set of the outcome.</param>
public sealed record RequestOutcome(ImmutableArray<StateVersion> ReadSet)
{
    /// <summary>The grant; null for a policy change or a group addition.</summary>
    public GrantState? Grant { get; init; }

    /// <summary>Further writes of the vote's commit.</summary>
    public ImmutableArray<StateWrite> Writes { get; init; } = [];

    /// <summary>The change of a policy or a group, with its own entry; null for a grant.</summary>
    public LedgerElement? Applied { get; init; }
}

/// <summary>
/// Determines the outcome of an approval by the current signer, policy and requester; refuses if these no longer match
/// the request.
/// </summary>
public sealed class RequestOutcomes(
    IStateStore store, SignerFactsReader signers, GuardedPolicies policies, TimeProvider time)
{
    /// <summary>The refusal of a request that is no longer applicable.</summary>
    public static RefusedException NoLongerApplicable(string why) =>
        new(ErrorCode.WrongState, $"{why}: cancel this request and create a new one.");

    /// <summary>The grant of an approved request.</summary>
    public async Task<RequestOutcome> GrantAsync(
        Caller approver, ApprovalRequestState approved, PrincipalFacts requester, CancellationToken cancellationToken)
    {
        var facts = await signers.ReadAsync(approved.SignerId!, cancellationToken);
        var asRequester = Caller.Standing(new PrincipalRef(approved.Requester.Kind, approved.Requester.Id), requester.Name);
        if (facts is null || facts.State.IsDeleted
            || SignerAuthority.Of(facts, asRequester) is not { } standing || !standing.Actions.Contains(SignerAction.Sign))
        {
            throw NoLongerApplicable("The requester may no longer sign with this signer");
        }

        if (facts.State.Generation != approved.SignerGeneration)
        {
            throw NoLongerApplicable("The signer was stopped since the request was created");
        }

        if (facts.State.PolicyId != approved.PolicyId)
        {
            throw NoLongerApplicable("The signer's policy was replaced since the request was created");
        }

        if (facts.Certificate is not { IsRevoked: false } certificate || certificate.Thumbprint != approved.CertificateThumbprint)
        {
            throw NoLongerApplicable("The signer's certificate was replaced or revoked since the request was created");
        }

        var policy = facts.Policy ?? throw NoLongerApplicable("The signer's policy does not exist");
        var grant = RequestMachine.ToGrant(approved, approver.ToRef(), approved.DecidedAt!.Value);
        return new RequestOutcome([.. standing.ReadSet, .. certificate.ReadSet])
        {
            Grant = grant,
            Writes = [.. grant.Give(), .. PolicyState.Guard(policy)],
        };
    }

    /// <summary>The change of a signer's policy or of a policy's definition, under the policy in force.</summary>
    public async Task<RequestOutcome> PolicyChangeAsync(ApprovalRequestState approved, CancellationToken cancellationToken)
    {
        var policy = await store.FindAsync<PolicyState>(StateTypes.Policy, approved.PolicyId, cancellationToken)
            ?? throw NoLongerApplicable("The policy does not exist");
        if (PolicyComparison.AllowsMore(policy.State.Definition, approved.Policy))
        {
            throw NoLongerApplicable("The policy has become stricter since the request was created");
        }

        return new RequestOutcome([policy.ToVersion()])
        {
            Applied = approved.SignerId is { } signerId
                ? await ReplaceAsync(approved, signerId, cancellationToken)
                : Edit(approved, policy),
        };
    }

    /// <summary>The group addition, if no guarded policy that uses the group requires more than the request did.</summary>
    public async Task<RequestOutcome> AdditionAsync(ApprovalRequestState approved, CancellationToken cancellationToken)
    {
        var addition = approved.Addition!;
        var group = await store.FindAsync<GroupState>(StateTypes.Group, addition.GroupId, cancellationToken)
            ?? throw NoLongerApplicable("The group does not exist");
        var member = await store.FindAsync<UserState>(StateTypes.User, addition.Member.Id, cancellationToken)
            ?? throw NoLongerApplicable("The user does not exist");
        if (group.State.Members.Contains(addition.Member))
        {
            throw NoLongerApplicable("The user is already a member of the group");
        }

        var asking = await policies.FindNamingAsync(new PrincipalRef(PrincipalKind.Group, group.Id), cancellationToken);
        if (asking.Any(policy => GuardedPolicies.IsGuarded(policy)
            && !PolicyComparison.HoldsVotes(policy.State.Definition, approved.Policy)))
        {
            throw NoLongerApplicable("A policy that uses the group was added or has become stricter since the request was created");
        }

        var view = new GroupMemberView(addition.Member.Kind, addition.Member.Id, member.State.Name);
        return new RequestOutcome([.. asking.Select(policy => policy.ToVersion()), member.ToVersion()])
        {
            Applied = Change
                .By(
                    Caller.System,
                    "group.addMember",
                    StateTypes.Group,
                    group.Id,
                    Changes.None.Adding("members", view).Saying("requestId", approved.Id),
                    time)
                .Writing(group.Replace(group.State.With(addition.Member, member.State.Name))),
        };
    }

    /// <summary>Requires that this request, not a later one, is the policy's pending request.</summary>
    private LedgerElement Edit(ApprovalRequestState approved, Row<PolicyState> policy)
    {
        if (policy.State.PendingChangeRequestId != approved.Id || approved.Change?.NewDefinition is not { } definition)
        {
            throw NoLongerApplicable("The policy was changed or another change was requested since the request was created");
        }

        var changes = Changes
            .Between(PolicyState.ToRecord(policy.State.Definition), PolicyState.ToRecord(definition))
            .Saying("requestId", approved.Id);
        return Change.By(Caller.System, "policy.replace", StateTypes.Policy, policy.Id, changes, time)
            .Writing(policy.Replace(policy.State with { Definition = definition, PendingChangeRequestId = null }));
    }

    /// <summary>Requires that this request, not a later one, is the signer's pending request.</summary>
    private async Task<LedgerElement> ReplaceAsync(
        ApprovalRequestState approved, string signerId, CancellationToken cancellationToken)
    {
        var signer = await store.FindAsync<SignerState>(StateTypes.Signer, signerId, cancellationToken);
        if (signer is not { State: { IsDeleted: false } state }
            || state.PolicyId != approved.PolicyId || state.PendingPolicyRequestId != approved.Id)
        {
            throw NoLongerApplicable("The signer was changed or another change was requested since the request was created");
        }

        var nextId = approved.Change!.NewPolicyId;
        var next = state with { PolicyId = nextId, PendingPolicyRequestId = null };
        var changes = Changes.Between(state.ToRecord(), next.ToRecord()).Saying("requestId", approved.Id);
        var change = Change
            .By(Caller.System, "signer.change-policy", StateTypes.Signer, signerId, changes, time)
            .About(signerId, state.Name)
            .Writing(signer.Replace(next));
        if (nextId is null)
        {
            return change;
        }

        // The approvers replaced their guarded policy with this one, so it must be guarded too.
        return await store.FindAsync<PolicyState>(StateTypes.Policy, nextId, cancellationToken) is { State.IsRetired: false } policy
            ? change.Reading(policy.ToVersion()).Writing(PolicyState.Guard(policy))
            : throw NoLongerApplicable("The replacement policy does not exist");
    }
}
