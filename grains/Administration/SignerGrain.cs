using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Administration;

/// <summary>
/// A signer's home, where what gives rights is changed one at a time: two administrators never meet in the commit. It keeps
/// nothing in memory: each change is decided on rows read in its turn, and others (<see cref="SignerWithdrawals"/>) write
/// them too. Nothing on the way of a signature asks it; see <see cref="KnownSigners"/>.
/// </summary>
public sealed class SignerGrain(
    IStateStore store,
    ILedger ledger,
    SignerFactsReader reader,
    SignerDirectory directory,
    CertificateService certificates,
    RequestDrafts drafts,
    TimeProvider time) : Grain, ISignerGrain
{
    private const int DefaultTtlDays = 365;

    private string Id => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task<SignerView> CreateAsync(Caller caller, CreateSigner request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var draft = Draft(caller, request);
        await RequireMembersExistAsync(draft.Members, cancellationToken);
        var name = await ReserveNameAsync(draft.Name, cancellationToken);
        var policy = request.ApprovalPolicyId is { } policyId ? await RequirePolicyAsync(policyId, cancellationToken) : null;
        var issued = await DraftCertificateAsync(caller, request, cancellationToken);
        var signer = draft with { CertificateId = issued?.State.Id ?? ValidateCertificateId(request.CertificateId!) };
        var row = new Row<SignerState>(StateTypes.Signer, Id, 0, signer);
        var facts = (await reader.ReadAsync([row], cancellationToken))[0];
        facts = facts with { Certificate = RequireUsable(issued?.ToFacts() ?? facts.Certificate) };
        var view = directory.View(facts);
        var change = SignerChange.Describe(caller, "signer.create", facts, signer, Changes.Making(signer.ToRecord()), time)
            .Answering(caller, view)
            .Writing(name)
            .Reading(policy is null ? [] : [policy.ToVersion()]);
        await ledger.RecordAsync(
            issued is null
                ? change.Reading(facts.Certificate.Basis)
                : change with { With = [issued.Change] },
            cancellationToken);
        return view;
    }

    /// <inheritdoc/>
    public async Task<SignerView> UpdateAsync(Caller caller, UpdateSigner request, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, Id, SignerAction.Edit, cancellationToken);
        var next = facts.State with
        {
            Name = SignerName.Validate(request.Name ?? facts.State.Name),
            Description = SignerChanges.ValidateDescription(request.Description.Or(facts.State.Description)),
            CertificateId = request.CertificateId ?? facts.State.CertificateId,
        };
        var after = facts;
        if (next.CertificateId != facts.State.CertificateId)
        {
            SignerAuthority.Authorize(facts, caller, SignerAction.BindCertificate);
            ValidateCertificateId(next.CertificateId);
            after = (await reader.ReadAsync([facts.Signer with { State = next }], cancellationToken))[0];
            standing = standing with { Basis = [.. standing.Basis, .. RequireUsable(after.Certificate).Basis] };
        }

        var name = next.Name == facts.State.Name ? [] : await ReserveNameAsync(next.Name, cancellationToken);
        var step = await ChangePolicyAsync(caller, facts, request.ApprovalPolicyId.Or(facts.State.PolicyId), cancellationToken);
        next = next with { PolicyId = step.PolicyId, PendingPolicyRequestId = step.PendingRequestId };
        var changes = step.Record(facts.To(next), facts.State.PolicyId);
        if (changes.IsEmpty)
        {
            return await directory.ViewAsync(facts, facts.State, cancellationToken);
        }

        var change = SignerChange.Describe(caller, "signer.update", facts, next, changes, time)
            .Reading(standing.Basis)
            .Reading(step.ReadSet)
            .Writing(name)
            .Writing(step.Superseded is null ? [] : [step.Superseded.Cancel(time.GetUtcNow())]);
        await ledger.RecordAsync(
            step.Opened is null ? change : change with { With = [step.Opened.Change] }, cancellationToken);
        return await directory.ViewAsync(after, next, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SignerView> EnableAsync(Caller caller, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, Id, SignerAction.ManageStatus, cancellationToken);
        if (!facts.State.IsDisabled)
        {
            return await directory.ViewAsync(facts, facts.State, cancellationToken);
        }

        var next = facts.State with { IsDisabled = false };
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.enable", facts, next, facts.To(next), time).Reading(standing.Basis),
            cancellationToken);
        return await directory.ViewAsync(facts, next, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<MemberView> AddMemberAsync(Caller caller, NewMember member, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, Id, SignerAction.ManageMembers, cancellationToken);
        var added = new SignerMember(EntityId.New(IdPrefixes.Member, time), member.ValidatePrincipal(), member.Role);
        await RequireMembersExistAsync([added], cancellationToken);
        var view = added.ToView();
        var next = facts.State.WithMember(added);
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.add-member", facts, next, facts.To(next), time)
                .Answering(caller, view)
                .Reading(standing.Basis),
            cancellationToken);
        return view;
    }

    /// <inheritdoc/>
    public async Task<MemberView> ChangeMemberAsync(
        Caller caller, string memberId, ChangeMember change, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, Id, SignerAction.ManageMembers, cancellationToken);
        var next = facts.State.WithRole(memberId, change.Role);
        var changed = next.FindMember(memberId).ToView();
        var changes = facts.To(next);
        if (!changes.IsEmpty)
        {
            await ledger.RecordAsync(
                SignerChange.Describe(caller, "signer.change-member", facts, next, changes, time).Reading(standing.Basis),
                cancellationToken);
        }

        return changed;
    }

    private SignerState Draft(Caller caller, CreateSigner request)
    {
        var draft = new SignerState
        {
            Id = Id,
            Name = SignerName.Validate(request.Name),
            Description = SignerChanges.ValidateDescription(request.Description),
            PolicyId = request.ApprovalPolicyId,
            Members = [new SignerMember(EntityId.New(IdPrefixes.Member, time), caller.ToRef(), SignerRole.Administrator)],
            CreatedAt = time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };
        foreach (var member in request.Members ?? [])
        {
            draft = draft.WithMember(new SignerMember(
                EntityId.New(IdPrefixes.Member, time), member.ValidatePrincipal(), member.Role));
        }

        return draft;
    }

    /// <summary>The certificate that is issued with the signer; null where the request names one that is there.</summary>
    private async Task<DraftedCertificate?> DraftCertificateAsync(
        Caller caller, CreateSigner request, CancellationToken cancellationToken)
    {
        if (request.CertificateId is not null && request.CaId is null)
        {
            return null;
        }

        if (request.CertificateId is not null || request.CaId is null || request.KeyAlgorithm is null)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "Give either certificateId, or caId with commonName and keyAlgorithm.");
        }

        var issue = new IssueCertificate(
            request.CaId, request.CommonName ?? request.Name, request.KeyAlgorithm, request.CertificateTtlDays ?? DefaultTtlDays);
        return await certificates.DraftAsync(caller, issue, cancellationToken);
    }

    private static string ValidateCertificateId(string id) => EntityId.Is(IdPrefixes.Certificate, id) ? id : throw NoCertificate();

    private static RefusedException NoCertificate() => new(ErrorCode.NotFound, "There is no such certificate.");

    private CertificateFacts RequireUsable(CertificateFacts? certificate)
    {
        if (certificate is null)
        {
            throw NoCertificate();
        }

        if (!certificate.IsIssued || certificate.IsRevoked)
        {
            throw certificate.IsRevoked
                ? new RefusedException(ErrorCode.CertificateRevoked, "The certificate was revoked.")
                : new RefusedException(ErrorCode.NotACodeSigningCertificate, "Certificate not yet issued by the external CA.");
        }

        return certificate.NotAfter > time.GetUtcNow()
            ? certificate
            : throw new RefusedException(ErrorCode.CertificateExpired, "The certificate has expired.");
    }

    private async Task RequireMembersExistAsync(IReadOnlyCollection<SignerMember> members, CancellationToken cancellationToken)
    {
        var keys = members.Select(member => PrincipalFactsReader.KeyOf(member.Principal)).ToArray();
        var rows = await StateRows.ReadAsync(store, keys, cancellationToken);
        if (Array.Find(keys, key => rows.VersionOf(key.Type, key.Id).Version == 0) is { Id: not null } missing)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, $"There is no {missing.Type} '{missing.Id}' to be a member.");
        }
    }

    private Task<ImmutableArray<StateWrite>> ReserveNameAsync(string name, CancellationToken cancellationToken) =>
        NameReservation.ReserveAsync(store, StateTypes.Signer, name, Id, cancellationToken);

    /// <summary>
    /// Changes the policy, or opens the request that may change it later. A policy guards itself: once a request was approved
    /// under it, an administrator who detaches it, signs and attaches it again would undo what the approvers are there for, so
    /// taking it away is a request under it. A request that already waits for the same is the answer; one that waits for
    /// something else is cancelled, since it could not be approved any more.
    /// </summary>
    private async Task<PolicyStep> ChangePolicyAsync(
        Caller caller, SignerFacts facts, string? policyId, CancellationToken cancellationToken)
    {
        var pendingId = facts.State.PendingPolicyRequestId;
        if (policyId == facts.State.PolicyId)
        {
            return new PolicyStep(policyId, policyId, pendingId, []);
        }

        SignerAuthority.Authorize(facts, caller, SignerAction.ManagePolicy);
        ImmutableArray<StateVersion> readSet =
            policyId is null ? [] : [(await RequirePolicyAsync(policyId, cancellationToken)).ToVersion()];
        if (facts.Policy is not { } inForce)
        {
            return new PolicyStep(policyId, policyId, pendingId, readSet);
        }

        readSet = [.. readSet, inForce.ToVersion()];
        if (!inForce.State.Guarded)
        {
            return new PolicyStep(policyId, policyId, null, readSet);
        }

        var change = new PolicyChange(inForce.Id, policyId);
        var waiting = await WaitingChange.FindAsync(store, pendingId, time.GetUtcNow(), cancellationToken);
        if (waiting?.Asks(caller, change, inForce.State.Definition) == true)
        {
            return new PolicyStep(policyId, inForce.Id, pendingId, [.. readSet, waiting.Version]);
        }

        var opened = await drafts.PolicyChangeAsync(caller, Id, facts.State.Name, change, inForce, cancellationToken);
        await GrainFactory.GetGrain<IApprovalRequestGrain>(opened.Id).RemindOfExpiryAsync(opened.ExpiresAt, cancellationToken);
        return new PolicyStep(policyId, inForce.Id, opened.Id, readSet, opened, waiting);
    }

    /// <summary>A policy that a signer may take: one whose deletion has begun is not taken.</summary>
    private async Task<Row<PolicyState>> RequirePolicyAsync(string policyId, CancellationToken cancellationToken) =>
        EntityId.Is(IdPrefixes.Policy, policyId)
        && await store.FindAsync<PolicyState>(StateTypes.Policy, policyId, cancellationToken) is { State.IsRetired: false } policy
            ? policy
            : throw new RefusedException(ErrorCode.InvalidRequest, $"There is no signing policy '{policyId}'.");

    /// <summary>What becomes of a signer's policy.</summary>
    /// <param name="AskedPolicyId">The policy that was asked for.</param>
    /// <param name="PolicyId">The policy that it has next.</param>
    /// <param name="PendingRequestId">The request for another policy that waits next.</param>
    /// <param name="ReadSet">The versions that say so.</param>
    /// <param name="Opened">The request that is opened with the change.</param>
    /// <param name="Superseded">The request that is cancelled with the change.</param>
    private sealed record PolicyStep(
        string? AskedPolicyId,
        string? PolicyId,
        string? PendingRequestId,
        ImmutableArray<StateVersion> ReadSet,
        DraftedRequest? Opened = null,
        WaitingChange? Superseded = null)
    {
        /// <summary>What else changes, with what becomes of the policy: a change that waits has not happened.</summary>
        public Changes Record(Changes changes, string? inForce)
        {
            if (Opened is not null)
            {
                changes = changes.Awaiting(
                    Opened.Id, Changes.None.Replacing("approvalPolicyId", inForce, AskedPolicyId));
            }

            return Superseded is null ? changes : changes.Adding("cancelledRequests", Superseded.Id);
        }
    }
}
