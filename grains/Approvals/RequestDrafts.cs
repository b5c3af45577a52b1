using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>A request not yet stored.</summary>
/// <param name="State">The request.</param>
/// <param name="Facts">The facts about its people.</param>
/// <param name="Change">Its entry, read set and row, to be committed alone or with the state that refers to it.</param>
public sealed record DraftedRequest(ApprovalRequestState State, RequestFacts Facts, LedgerElement Change)
{
    /// <summary>The request's id.</summary>
    public string Id => State.Id;

    /// <summary>When it expires (UTC).</summary>
    public DateTimeOffset ExpiresAt => State.ExpiresAt;
}

/// <summary>Drafts requests; refuses those that cannot be approved or have no effect.</summary>
public sealed class RequestDrafts(
    RequestFactsReader reader, PrincipalFactsReader principals, TimeProvider time)
{
    // Each request costs an entry and mail to all its approvers, even if it is cancelled at once.
    private readonly PrincipalBudget _requests = new(new BudgetRule(200, 0.5), time);

    /// <summary>A request for a grant on a signer, by an authorized caller.</summary>
    public async Task<DraftedRequest> SigningAsync(
        Caller caller, string id, SignerAccess access, CreateRequest request, CancellationToken cancellationToken)
    {
        var policy = RequirePolicy(access.Facts);
        var certificate = RequireCertificate(access.Facts.Certificate);
        var now = time.GetUtcNow();
        var terms = GrantTerms.Of(request, policy.State.Definition.Constraints, now);
        var draft = await DraftAsync(caller, id, policy, RequestKind.Signing, request.Justification, cancellationToken) with
        {
            SignerId = access.SignerId,
            SignerName = access.SignerName,
            RequestedSignings = terms.MaxSignings,
            WindowStart = terms.WindowStart,
            WindowEnd = terms.WindowEnd,
            WindowDuration = terms.WindowDuration,
            Scope = terms.Scope,
            CertificateThumbprint = certificate.Thumbprint,
            SignerGeneration = access.Facts.State.Generation,
        };

        // A request has no effect after its window ends.
        draft = draft.WindowEnd < draft.ExpiresAt ? draft with { ExpiresAt = draft.WindowEnd.Value } : draft;
        return await CompleteAsync(
            caller, draft, [.. access.ReadSet, policy.ToVersion(), .. certificate.ReadSet], cancellationToken);
    }

    /// <summary>
    /// A request to change a signer's policy or a policy's definition, under the policy in force. The caller of this
    /// method has authorized it, and commits it together with the state that refers to it.
    /// </summary>
    /// <param name="caller">The requester.</param>
    /// <param name="signerId">The signer; null for the edit of a policy.</param>
    /// <param name="signerName">The signer's name.</param>
    /// <param name="change">The requested change.</param>
    /// <param name="policy">The policy in force.</param>
    /// <param name="newPolicyName">The name of the policy that replaces it on the signer.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<DraftedRequest> PolicyChangeAsync(
        Caller caller,
        string? signerId,
        string? signerName,
        PolicyChange change,
        Row<PolicyState> policy,
        string? newPolicyName,
        CancellationToken cancellationToken)
    {
        var id = EntityId.New(IdPrefixes.ApprovalRequest, time);
        var kind = signerId is null ? RequestKind.PolicyEdit : RequestKind.SignerPolicy;

        // The idempotency key belongs to the outer call's answer.
        var requester = caller with { Retry = null };
        var draft = await DraftAsync(requester, id, policy, kind, Describe(kind, policy.State.Definition.Name, newPolicyName), cancellationToken) with
        {
            SignerId = signerId,
            SignerName = signerName,
            Change = change,
        };
        return await CompleteAsync(requester, draft, [policy.ToVersion()], cancellationToken);
    }

    /// <summary>
    /// A request to add a person to an approver group, decided by the steps of all policies that use the group. The
    /// caller of this method has authorized it.
    /// </summary>
    public async Task<DraftedRequest> AdditionAsync(
        Caller caller, GroupAddition addition, IReadOnlyList<Row<PolicyState>> policies, CancellationToken cancellationToken)
    {
        var id = EntityId.New(IdPrefixes.ApprovalRequest, time);
        var requester = caller with { Retry = null };
        var together = Together(policies);
        var justification = $"Add {addition.MemberName} to the approver group {addition.GroupName}.";
        var draft = await DraftAsync(
            requester, id, policies[0], RequestKind.GroupMember, justification, cancellationToken) with
        {
            Policy = together,
            Addition = addition,
        };
        return await CompleteAsync(
            requester,
            draft with { ExpiresAt = draft.CreatedAt + PolicyRules.RequestTtl(together) },
            [.. policies.Select(policy => policy.ToVersion())],
            cancellationToken);
    }

    /// <summary>One definition whose steps include those of every policy.</summary>
    private static PolicyDefinition Together(IReadOnlyList<Row<PolicyState>> policies)
    {
        var definitions = policies.Select(policy => policy.State.Definition);
        return definitions.Skip(1).Aggregate(policies[0].State.Definition, (all, next) => WithStricterFactor(next, PolicyComparison.HoldsSteps(next, all)
            ? all
            : all with
            {
                Steps = all.Steps.AddRange(next.Steps),
                DistinctApproversAcrossSteps = all.DistinctApproversAcrossSteps || next.DistinctApproversAcrossSteps,
                MaxRequestTtl = PolicyRules.RequestTtl(next) < PolicyRules.RequestTtl(all) ? next.MaxRequestTtl : all.MaxRequestTtl,
            }));
    }

    private static PolicyDefinition WithStricterFactor(PolicyDefinition other, PolicyDefinition all) =>
        PolicyRules.SecondFactorWithin(other) is not { } within || PolicyRules.SecondFactorWithin(all) <= within
            ? all
            : all with { SecondFactorWithin = other.SecondFactorWithin };

    private async Task<DraftedRequest> CompleteAsync(
        Caller caller,
        ApprovalRequestState draft,
        ImmutableArray<StateVersion> readSet,
        CancellationToken cancellationToken)
    {
        var facts = await reader.ReadAsync(draft, null, cancellationToken);
        if (!RequestTally.Of(draft, facts).CanBeFilled)
        {
            throw new RefusedException(
                ErrorCode.UnreachableApproval,
                "The policy has too few eligible approvers for this request: ask a product administrator to add approvers.");
        }

        if (!_requests.TrySpend(caller.Id, out var wait))
        {
            const string Detail = "Too many requests opened: retry after the time in Retry-After.";
            throw new RefusedException(ErrorCode.RateLimited, Detail) { RetryAfter = wait };
        }

        var change = Change
            .By(caller, "request.create", StateTypes.ApprovalRequest, draft.Id, Changes.Making(draft.ToRecord()), time)
            .About(draft.SignerId, draft.SignerName)
            .Reading(readSet)
            .Reading(facts.ExclusionReadSet)
            .Writing(StateWrite.New(StateTypes.ApprovalRequest, draft.Id, draft));
        return new DraftedRequest(draft, facts, change);
    }

    private async Task<ApprovalRequestState> DraftAsync(
        Caller caller,
        string id,
        Row<PolicyState> policy,
        RequestKind kind,
        string justification,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var makers = await principals.FindMakersAsync(caller.ToRef(), cancellationToken);
        return new ApprovalRequestState
        {
            Id = id,
            Kind = kind,
            Status = RequestStatus.Pending,
            PolicyId = policy.State.Id,
            Policy = policy.State.Definition,
            Requester = caller.ToActor(),
            RequesterMakers = makers?.UserIds ?? [],
            Justification = justification,
            CreatedAt = now,
            ExpiresAt = now + PolicyRules.RequestTtl(policy.State.Definition),
            RequestKey = caller.Retry?.Key,
            RequestHash = caller.Retry?.RequestHash,
        };
    }

    private static Row<PolicyState> RequirePolicy(SignerFacts signer)
    {
        if (signer.State.PolicyId is null)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "The signer has no signing policy, so its operators need no request.");
        }

        return signer.Policy
            ?? throw new RefusedException(
                ErrorCode.WrongState, "The signer's policy does not exist: its administrator must attach another one.");
    }

    private CertificateFacts RequireCertificate(CertificateFacts? certificate) =>
        certificate is { IsIssued: true, IsRevoked: false } && certificate.NotAfter > time.GetUtcNow()
            ? certificate
            : throw new RefusedException(
                ErrorCode.WrongState, "The signer's certificate can no longer sign: a product administrator must bind another one first.");

    private static string Describe(RequestKind kind, string policyName, string? newPolicyName) => (kind, newPolicyName) switch
    {
        (RequestKind.PolicyEdit, _) => $"Change what the signing policy '{policyName}' allows.",
        (_, null) => $"Detach the signing policy '{policyName}' from the signer.",
        (_, { } next) => $"Replace the signer's signing policy '{policyName}' with '{next}'.",
    };
}

/// <summary>The stored pending request for a policy change of a signer or a policy.</summary>
internal sealed class PendingChange
{
    private readonly StoredState _row;
    private readonly ApprovalRequestState _request;

    private PendingChange(StoredState row, ApprovalRequestState request) => (_row, _request) = (row, request);

    /// <summary>The request's id.</summary>
    public string Id => _row.Id;

    /// <summary>The request's version.</summary>
    public StateVersion Version => _row.ToVersion();

    /// <summary>Reads it; null if there is none or it has ended.</summary>
    public static async Task<PendingChange?> FindAsync(
        IStateStore states, string? requestId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (requestId is null || await states.ReadAsync(StateTypes.ApprovalRequest, requestId, cancellationToken) is not { } row)
        {
            return null;
        }

        var request = row.ReadAs<ApprovalRequestState>();
        return request.StatusAt(now) == RequestStatus.Pending ? new PendingChange(row, request) : null;
    }

    /// <summary>
    /// Whether the caller requested the same change with it, and the policy has not become stricter since, which would
    /// prevent its approval.
    /// </summary>
    public bool Asks(Caller caller, PolicyChange change, PolicyDefinition inForce) =>
        _request.IsOf(caller) && StateJson.Write(_request.Change).AsSpan().SequenceEqual(StateJson.Write(change))
        && !PolicyComparison.AllowsMore(inForce, _request.Policy);

    /// <summary>The write that cancels it when its replacement makes its approval impossible.</summary>
    public StateWrite Cancel(DateTimeOffset now)
    {
        var cancelled = RequestMachine.Cancel(_request, now);
        return new StateWrite(_row.Type, _row.Id, _row.Version, StateJson.Write(cancelled), cancelled.ToIndex());
    }
}
