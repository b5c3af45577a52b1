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
/// Serializes changes that give rights, so that concurrent administrators do not conflict in the commit. It has no
/// state in memory: each change is decided on rows read in its turn, since <see cref="SignerWithdrawals"/> writes them
/// too. Signatures do not use it; see <see cref="KnownSigners"/>.
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
        var members = (request.Members ?? []).Select((member, index) => (member, $"members[{index}].")).ToArray();
        var policy = request.ApprovalPolicyId is { } asked ? await RequirePolicyAsync(caller, asked, cancellationToken) : null;
        var draft = Draft(caller, request, policy?.Id, await ResolveMembersAsync(caller, members, cancellationToken));
        var name = await ReserveNameAsync(draft.Name, cancellationToken);
        var issued = await DraftCertificateAsync(caller, request, cancellationToken);
        return issued is null
            ? await CreateAsync(caller, draft with { CertificateId = ValidateCertificateId(request.CertificateId!) }, policy, name, null, cancellationToken)
            : await certificates.SaveDraftAsync(
                issued, () => CreateAsync(caller, draft with { CertificateId = issued.State.Id }, policy, name, issued, cancellationToken));
    }

    private async Task<SignerView> CreateAsync(
        Caller caller,
        SignerState signer,
        Row<PolicyState>? policy,
        ImmutableArray<StateWrite> name,
        DraftedCertificate? issued,
        CancellationToken cancellationToken)
    {
        var row = new Row<SignerState>(StateTypes.Signer, Id, 0, signer);
        var facts = (await reader.ReadAsync([row], cancellationToken))[0];
        var errors = issued is null ? facts.ProfileErrors : signer.IsPublic ? PublicProfile.Errors(issued.Findings) : [];
        facts = facts with { Certificate = RequireUsable(issued?.ToFacts() ?? facts.Certificate), ProfileErrors = errors };
        RequireConforming(errors, issued is null ? "certificateId" : FieldOfIssue(errors));
        var view = (await directory.ViewAsync(caller, [facts], cancellationToken))[0];
        var change = SignerChange.Describe(caller, "signer.create", facts, signer, Changes.Making(signer.ToRecord()), time)
            .Answering(caller, view)
            .Writing(name)
            .Reading(policy is null ? [] : [policy.ToVersion()]);
        await ledger.RecordAsync(
            issued is null ? change.Reading(facts.Certificate.ReadSet) : change with { With = [issued.Change] }, cancellationToken);
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
            IsPublic = request.Public ?? facts.State.IsPublic,
        };
        var after = await BindAsync(caller, facts, next, cancellationToken);
        standing = standing with { ReadSet = [.. standing.ReadSet, .. ReferenceEquals(after, facts) ? [] : after.Certificate!.ReadSet] };

        var name = next.Name == facts.State.Name ? [] : await ReserveNameAsync(next.Name, cancellationToken);
        var policyId = request.ApprovalPolicyId.Value is { } asked
            ? await FindPolicyIdAsync(caller, asked, cancellationToken)
            : request.ApprovalPolicyId.Or(facts.State.PolicyId);
        var step = await ChangePolicyAsync(caller, facts, policyId, cancellationToken);
        next = next with { PolicyId = step.PolicyId, PendingPolicyRequestId = step.PendingRequestId };
        var changes = step.Record(facts.To(next), facts.State.PolicyId);
        if (changes.IsEmpty)
        {
            return await directory.ViewAsync(caller, facts, facts.State, cancellationToken);
        }

        var change = SignerChange.Describe(caller, "signer.update", facts, next, changes, time)
            .Reading(standing.ReadSet)
            .Reading(step.ReadSet)
            .Writing(name)
            .Writing(step.Superseded is null ? [] : [step.Superseded.Cancel(time.GetUtcNow())]);
        await ledger.RecordAsync(
            step.Opened is null ? change : change with { With = [step.Opened.Change] }, cancellationToken);
        return await directory.ViewAsync(caller, after, next, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SignerView> EnableAsync(Caller caller, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, Id, SignerAction.ManageStatus, cancellationToken);
        if (!facts.State.IsDisabled)
        {
            return await directory.ViewAsync(caller, facts, facts.State, cancellationToken);
        }

        var next = facts.State with { IsDisabled = false };
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.enable", facts, next, facts.To(next), time).Reading(standing.ReadSet),
            cancellationToken);
        return await directory.ViewAsync(caller, facts, next, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<MemberView> AddMemberAsync(Caller caller, NewMember member, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, Id, SignerAction.ManageMembers, cancellationToken);
        var added = (await ResolveMembersAsync(caller, [(member, "")], cancellationToken))[0];
        var next = facts.State.WithMember(added, member.Id);
        var view = added.ToView(await ReadNameAsync(caller, added, cancellationToken));
        await ledger.RecordAsync(
            SignerChange.Describe(caller, "signer.add-member", facts, next, facts.To(next), time)
                .Answering(caller, view)
                .Reading(standing.ReadSet),
            cancellationToken);
        return view;
    }

    /// <inheritdoc/>
    public async Task<MemberView> ChangeMemberAsync(
        Caller caller, string memberId, ChangeMember change, CancellationToken cancellationToken)
    {
        var (facts, standing) = await reader.AuthorizeAsync(caller, Id, SignerAction.ManageMembers, cancellationToken);
        var id = await facts.State.FindMemberIdAsync(store, caller, memberId, cancellationToken);
        var next = facts.State.WithRole(id, change.Role);
        var changed = next.FindMember(id);
        var changes = facts.To(next);
        if (!changes.IsEmpty)
        {
            await ledger.RecordAsync(
                SignerChange.Describe(caller, "signer.change-member", facts, next, changes, time).Reading(standing.ReadSet),
                cancellationToken);
        }

        return changed.ToView(await ReadNameAsync(caller, changed, cancellationToken));
    }

    private SignerState Draft(Caller caller, CreateSigner request, string? policyId, IReadOnlyList<SignerMember> members)
    {
        var draft = new SignerState
        {
            Id = Id,
            Name = SignerName.Validate(request.Name),
            Description = SignerChanges.ValidateDescription(request.Description),
            IsPublic = request.Public,
            PolicyId = policyId,
            Members = [new SignerMember(EntityId.New(IdPrefixes.Member, time), caller.ToRef(), SignerRole.Administrator)],
            CreatedAt = time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };
        return members.Aggregate(draft, (signer, member) => signer.WithMember(member));
    }

    /// <summary>Drafts the certificate issued with the signer; null if the request refers to an existing one.</summary>
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
                ErrorCode.InvalidRequest, "The certificate is missing or ambiguous: give either 'certificateId', or 'caId' with 'commonName' and 'keyAlgorithm'.");
        }

        var issue = new IssueCertificate(
            request.CaId, request.CommonName ?? request.Name, request.KeyAlgorithm, request.CertificateTtlDays ?? DefaultTtlDays,
            request.Custody);
        return await certificates.DraftAsync(caller, issue, "certificateTtlDays", cancellationToken);
    }

    /// <summary>
    /// The facts with the next certificate, which is refused if the signer cannot have it; the same facts if neither the certificate
    /// nor what it must be changes. Who could make a signer private could lift what the organization promised its CA.
    /// </summary>
    private async Task<SignerFacts> BindAsync(Caller caller, SignerFacts facts, SignerState next, CancellationToken cancellationToken)
    {
        var isOther = next.CertificateId != facts.State.CertificateId;
        if (!isOther && next.IsPublic == facts.State.IsPublic)
        {
            return facts;
        }

        SignerAuthority.Authorize(facts, caller, SignerAction.BindCertificate);
        ValidateCertificateId(next.CertificateId);
        var after = (await reader.ReadAsync([facts.Signer with { State = next }], cancellationToken))[0];
        if (isOther || after.Certificate is null)
        {
            RequireUsable(after.Certificate);
        }

        RequireConforming(after.ProfileErrors, isOther ? "certificateId" : "public");
        return after;
    }

    private static void RequireConforming(ImmutableArray<ProfileFinding> errors, string field) => PublicProfile.Require(
        errors, field == "public" ? "The field 'public' is invalid with the signer's certificate" : $"The field '{field}' is invalid for a public signer");

    /// <summary>The field of the body that decides what the first error is about.</summary>
    private static string FieldOfIssue(ImmutableArray<ProfileFinding> errors) => errors.FirstOrDefault()?.Code switch
    {
        ProfileRule.KeyNotInHardware => "custody",
        ProfileRule.ValidityTooLong => "certificateTtlDays",
        ProfileRule.RsaKeyTooShort => "keyAlgorithm",
        _ => "caId",
    };

    private static string ValidateCertificateId(string id) => EntityId.Is(IdPrefixes.Certificate, id) ? id : throw NoCertificate();

    private static RefusedException NoCertificate() =>
        new(ErrorCode.InvalidRequest, "The field 'certificateId' is invalid: expected the id of an existing certificate.");

    private CertificateFacts RequireUsable(CertificateFacts? certificate)
    {
        if (certificate is null)
        {
            throw NoCertificate();
        }

        if (!certificate.IsIssued || certificate.IsRevoked)
        {
            throw certificate.IsRevoked
                ? new RefusedException(ErrorCode.CertificateRevoked, "The certificate is revoked: use another certificate.")
                : new RefusedException(ErrorCode.NotACodeSigningCertificate, "Certificate not yet issued by the external CA: install it first.");
        }

        if (certificate.KeyState != KeyState.Active)
        {
            throw new RefusedException(ErrorCode.WrongState, "The certificate's key is suspended, compromised or destroyed: use another certificate.");
        }

        return certificate.NotAfter > time.GetUtcNow()
            ? certificate
            : throw new RefusedException(ErrorCode.CertificateExpired, certificate.EndsWithAuthority
                ? "A CA above the certificate has expired: install the certificate again with the CA's current certificate, or use another one."
                : "The certificate has expired: use another certificate.");
    }

    private async Task<IReadOnlyList<SignerMember>> ResolveMembersAsync(
        Caller caller, IReadOnlyList<(NewMember Member, string Path)> given, CancellationToken cancellationToken)
    {
        var references = given.Select(one => (one.Member.ValidatePrincipal(one.Path), one.Path + "id")).ToArray();
        var principals = await PrincipalLookup.ResolveAsync(store, caller, references, cancellationToken);
        return
        [
            .. given.Zip(principals, (one, principal) =>
                new SignerMember(EntityId.New(IdPrefixes.Member, time), principal, one.Member.Role)),
        ];
    }

    private Task<PrincipalNames> ReadNameAsync(Caller caller, SignerMember member, CancellationToken cancellationToken) =>
        PrincipalNames.ReadAsync(store, caller, [member.Principal], cancellationToken);

    private Task<ImmutableArray<StateWrite>> ReserveNameAsync(string name, CancellationToken cancellationToken) =>
        NameReservation.ReserveAsync(store, StateTypes.Signer, name, Id, cancellationToken);

    /// <summary>
    /// Changes the policy, or opens a request to change it. A guarded policy protects itself: otherwise an
    /// administrator could detach it, sign, and attach it again without any approval. An identical pending request is
    /// reused; another pending request is cancelled, since it could no longer be approved.
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
        var wanted = policyId is null ? null : await RequirePolicyAsync(caller, policyId, cancellationToken);
        ImmutableArray<StateVersion> readSet = wanted is null ? [] : [wanted.ToVersion()];
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
        var waiting = await PendingChange.FindAsync(store, pendingId, time.GetUtcNow(), cancellationToken);
        if (waiting?.Asks(caller, change, inForce.State.Definition) == true)
        {
            return new PolicyStep(policyId, inForce.Id, pendingId, [.. readSet, waiting.Version]);
        }

        var opened = await drafts.PolicyChangeAsync(
            caller, Id, facts.State.Name, change, inForce, wanted?.State.Definition.Name, cancellationToken);
        await GrainFactory.GetGrain<IApprovalRequestGrain>(opened.Id).RemindOfExpiryAsync(opened.ExpiresAt, cancellationToken);
        return new PolicyStep(policyId, inForce.Id, opened.Id, readSet, opened, waiting);
    }

    /// <summary>Requires a policy that can be attached: one whose deletion has begun cannot.</summary>
    private async Task<Row<PolicyState>> RequirePolicyAsync(Caller caller, string idOrName, CancellationToken cancellationToken)
    {
        var id = await FindPolicyIdAsync(caller, idOrName, cancellationToken);
        return await store.FindAsync<PolicyState>(StateTypes.Policy, id, cancellationToken) is { State.IsRetired: false } policy
            ? policy
            : throw NoPolicy();
    }

    private async Task<string> FindPolicyIdAsync(Caller caller, string idOrName, CancellationToken cancellationToken) =>
        await PolicyNames.TryFindIdAsync(store, caller, idOrName, cancellationToken) ?? throw NoPolicy();

    private static RefusedException NoPolicy() => new(
        ErrorCode.InvalidRequest, "The field 'approvalPolicyId' is invalid: expected the id or name of an existing signing policy.");

    /// <summary>The next step of a signer's policy change.</summary>
    /// <param name="AskedPolicyId">The requested policy.</param>
    /// <param name="PolicyId">The policy after the change.</param>
    /// <param name="PendingRequestId">The pending request after the change.</param>
    /// <param name="ReadSet">The read set of the decision.</param>
    /// <param name="Opened">The request opened with the change.</param>
    /// <param name="Superseded">The request cancelled with the change.</param>
    private sealed record PolicyStep(
        string? AskedPolicyId,
        string? PolicyId,
        string? PendingRequestId,
        ImmutableArray<StateVersion> ReadSet,
        DraftedRequest? Opened = null,
        PendingChange? Superseded = null)
    {
        /// <summary>Adds the policy step to the changes; a pending change is recorded as pending.</summary>
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
