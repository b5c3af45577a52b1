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

/// <summary>What an approval gives, to be committed with the last vote.</summary>
/// <param name="ReadSet">The versions that say that it may be given.</param>
public sealed record RequestOutcome(ImmutableArray<StateVersion> ReadSet)
{
    /// <summary>The grant; null for a change of policy.</summary>
    public GrantState? Grant { get; init; }

    /// <summary>The states that change with the vote itself.</summary>
    public ImmutableArray<StateWrite> Writes { get; init; } = [];

    /// <summary>The change of a policy or a group, which has an entry of its own; null for a grant.</summary>
    public LedgerElement? Applied { get; init; }
}

/// <summary>
/// Finds out what an approval gives by today's signer, policy and requester; refuses where that is not any more what was
/// asked for.
/// </summary>
public sealed class RequestOutcomes(
    IStateStore store, SignerFactsReader signers, GuardedPolicies policies, TimeProvider time)
{
    /// <summary>Refuses to approve what has been overtaken.</summary>
    public static RefusedException AskAgain(string why) =>
        new(ErrorCode.WrongState, $"{why} Cancel this request and make a new one.");

    /// <summary>The grant that an approved request gives.</summary>
    public async Task<RequestOutcome> GrantAsync(
        Caller approver, ApprovalRequestState approved, PrincipalFacts requester, CancellationToken cancellationToken)
    {
        var facts = await signers.ReadAsync(approved.SignerId!, cancellationToken);
        var asRequester = Caller.Standing(new PrincipalRef(approved.Requester.Kind, approved.Requester.Id), requester.Name);
        if (facts is null || facts.State.IsDeleted
            || SignerAuthority.Of(facts, asRequester) is not { } standing || !standing.Actions.Contains(SignerAction.Sign))
        {
            throw AskAgain("The requester may not sign with this signer any more.");
        }

        if (facts.State.Generation != approved.SignerGeneration)
        {
            throw AskAgain("The signer was stopped since this was asked.");
        }

        if (facts.State.PolicyId != approved.PolicyId)
        {
            throw AskAgain("The signer has another policy than when this was asked.");
        }

        if (facts.Certificate is not { IsRevoked: false } certificate || certificate.Thumbprint != approved.CertificateThumbprint)
        {
            throw AskAgain("The signer has another certificate than when this was asked, or it was revoked.");
        }

        var policy = facts.Policy ?? throw AskAgain("The signer's policy is gone.");
        var grant = RequestMachine.ToGrant(approved, approver.ToRef(), approved.DecidedAt!.Value);
        return new RequestOutcome([.. standing.Basis, .. certificate.Basis])
        {
            Grant = grant,
            Writes = [.. grant.Give(), .. PolicyState.Guard(policy)],
        };
    }

    /// <summary>The change of a signer's policy, or of what a policy says, under the policy in force.</summary>
    public async Task<RequestOutcome> PolicyChangeAsync(ApprovalRequestState approved, CancellationToken cancellationToken)
    {
        var policy = await store.FindAsync<PolicyState>(StateTypes.Policy, approved.PolicyId, cancellationToken)
            ?? throw AskAgain("The policy is gone.");
        if (PolicyComparison.AllowsMore(policy.State.Definition, approved.Policy))
        {
            throw AskAgain("The policy has become stricter since this was asked.");
        }

        return new RequestOutcome([policy.ToVersion()])
        {
            Applied = approved.SignerId is { } signerId
                ? await ReplaceAsync(approved, signerId, cancellationToken)
                : Edit(approved, policy),
        };
    }

    /// <summary>The person in the group, as long as every policy that guards itself and asks the group asked for no more.</summary>
    public async Task<RequestOutcome> AdditionAsync(ApprovalRequestState approved, CancellationToken cancellationToken)
    {
        var addition = approved.Addition!;
        var group = await store.FindAsync<GroupState>(StateTypes.Group, addition.GroupId, cancellationToken)
            ?? throw AskAgain("The group is gone.");
        var member = await store.FindAsync<UserState>(StateTypes.User, addition.Member.Id, cancellationToken)
            ?? throw AskAgain("The person is gone.");
        if (group.State.Members.Contains(addition.Member))
        {
            throw AskAgain("The person is a member of the group already.");
        }

        var asking = await policies.FindNamingAsync(new PrincipalRef(PrincipalKind.Group, group.Id), cancellationToken);
        if (asking.Any(policy => GuardedPolicies.IsGuarded(policy)
            && !PolicyComparison.HoldsSteps(policy.State.Definition, approved.Policy)))
        {
            throw AskAgain("A policy that asks the group has become stricter, or another one asks it, since this was asked.");
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
                .Writing(group.Replace(group.State.With(addition.Member))),
        };
    }

    /// <summary>The policy waits for this very request, not for a later one.</summary>
    private LedgerElement Edit(ApprovalRequestState approved, Row<PolicyState> policy)
    {
        if (policy.State.PendingChangeRequestId != approved.Id || approved.Change?.NewDefinition is not { } definition)
        {
            throw AskAgain("The policy was changed, or another change was asked for, since this was asked.");
        }

        var changes = Changes
            .Between(PolicyState.ToRecord(policy.State.Definition), PolicyState.ToRecord(definition))
            .Saying("requestId", approved.Id);
        return Change.By(Caller.System, "policy.replace", StateTypes.Policy, policy.Id, changes, time)
            .Writing(policy.Replace(policy.State with { Definition = definition, PendingChangeRequestId = null }));
    }

    /// <summary>The signer waits for this very request, not for a later one.</summary>
    private async Task<LedgerElement> ReplaceAsync(
        ApprovalRequestState approved, string signerId, CancellationToken cancellationToken)
    {
        var signer = await store.FindAsync<SignerState>(StateTypes.Signer, signerId, cancellationToken);
        if (signer is not { State: { IsDeleted: false } state }
            || state.PolicyId != approved.PolicyId || state.PendingPolicyRequestId != approved.Id)
        {
            throw AskAgain("The signer was changed, or another change was asked for, since this was asked.");
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

        // The approvers gave up their policy for this one, which must not be easier to shed.
        return await store.FindAsync<PolicyState>(StateTypes.Policy, nextId, cancellationToken) is { State.IsRetired: false } policy
            ? change.Reading(policy.ToVersion()).Writing(PolicyState.Guard(policy))
            : throw AskAgain("The policy that shall take its place is gone.");
    }
}
