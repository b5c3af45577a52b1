using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>How a signer changes: each change is one commit with the entry that tells of it.</summary>
public sealed partial class SignerGrain
{
    private const int DefaultTtlDays = 365;

    /// <inheritdoc/>
    public async Task<SignerView> CreateAsync(Caller caller, CreateSigner request, CancellationToken cancellationToken)
    {
        Identities.ProductAuthority.DemandAdministrator(caller);
        if (state.RecordExists)
        {
            throw new RefusedException(ErrorCode.Conflict, "The signer exists already.");
        }

        var next = Draft(caller, request);
        await DemandMembersExistAsync(next.Members, cancellationToken);
        var name = await ReserveNameAsync(next.Name, cancellationToken);
        ImmutableArray<StateVersion> policy =
            request.ApprovalPolicyId is { } policyId ? [(await DemandPolicyAsync(policyId)).Version] : [];
        next = next with { CertificateId = await ProvideCertificateAsync(caller, request, cancellationToken) };
        var facts = await services.Facts.ReadAsync(next, version: 1);
        var certificate = DemandUsable(facts.Certificate);
        var change = Change
            .By(caller, "signer.create", StateTypes.Signer, Id, request, services.Time)
            .Answering(caller, View(facts));
        await SaveAsync(change, next, [.. certificate.Basis, .. policy], name, cancellationToken);
        return View(_facts!);
    }

    /// <inheritdoc/>
    public async Task<SignerView> UpdateAsync(Caller caller, UpdateSigner request, CancellationToken cancellationToken)
    {
        var facts = await FreshFactsAsync(cancellationToken);
        var standing = SignerAuthority.Demand(facts, caller, SignerAction.Edit);
        var next = facts.State with
        {
            Name = SignerName.Demand(request.Name ?? facts.State.Name),
            Description = SignerChanges.DemandDescription(request.Description.Or(facts.State.Description)),
            CertificateId = request.CertificateId ?? facts.State.CertificateId,
        };
        ImmutableArray<StateVersion> readSet = standing.Basis;
        if (next.CertificateId != facts.State.CertificateId)
        {
            SignerAuthority.Demand(facts, caller, SignerAction.BindCertificate);
            var found = await GrainFactory.GetGrain<ICertificateGrain>(DemandCertificateId(next.CertificateId)).GetFactsAsync();
            readSet = [.. readSet, .. DemandUsable(found).Basis];
        }

        ImmutableArray<StateWrite> alsoWrites = [];
        if (next.Name != facts.State.Name)
        {
            alsoWrites = await ReserveNameAsync(next.Name, cancellationToken);
        }

        object changes = request;
        var policyId = request.ApprovalPolicyId.Or(facts.State.PolicyId);
        if (policyId != facts.State.PolicyId)
        {
            (next, var rests, var superseded) = await ChangePolicyAsync(caller, facts, next, policyId, cancellationToken);
            readSet = [.. readSet, .. rests];
            if (superseded is not null)
            {
                alsoWrites = [.. alsoWrites, superseded.Cancel(services.Time.GetUtcNow())];
                changes = new { Update = request, CancelledRequests = new[] { superseded.Id } };
            }
        }

        var change = Change.By(caller, "signer.update", StateTypes.Signer, Id, changes, services.Time);
        await SaveAsync(change, next, readSet, alsoWrites, cancellationToken);
        return await ViewAsync(_facts!);
    }

    /// <inheritdoc/>
    public async Task<SignerView> ChangeStatusAsync(
        Caller caller, ChangeSignerStatus request, CancellationToken cancellationToken)
    {
        if (request.Status is not (SignerStatus.Active or SignerStatus.Disabled))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "A signer's status can be set to 'active' or 'disabled'.");
        }

        var facts = await FreshFactsAsync(cancellationToken);
        var standing = SignerAuthority.Demand(facts, caller, SignerAction.ManageStatus);
        var action = request.Status == SignerStatus.Active ? "signer.enable" : "signer.disable";
        var next = facts.State with { IsDisabled = request.Status == SignerStatus.Disabled };
        await SaveAsync(Change.By(caller, action, StateTypes.Signer, Id, request, services.Time), standing, next, cancellationToken);
        return await ViewAsync(_facts!);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(Caller caller, CancellationToken cancellationToken)
    {
        var facts = await FreshFactsAsync(cancellationToken);
        var standing = SignerAuthority.Demand(facts, caller, SignerAction.Edit);
        var next = facts.State with { IsDeleted = true, IsDisabled = true };
        var change = Change.By(caller, "signer.delete", StateTypes.Signer, Id, new { facts.State.Name }, services.Time);
        await SaveAsync(change, standing, next, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<MemberView> AddMemberAsync(Caller caller, NewMember member, CancellationToken cancellationToken)
    {
        var facts = await FreshFactsAsync(cancellationToken);
        var standing = SignerAuthority.Demand(facts, caller, SignerAction.ManageMembers);
        var added = new SignerMember(
            EntityId.New(IdPrefixes.Member, services.Time), member.DemandPrincipal(), member.Role);
        await DemandMembersExistAsync([added], cancellationToken);
        var change = Change
            .By(caller, "signer.add-member", StateTypes.Signer, Id, added.ToView(), services.Time)
            .Answering(caller, added.ToView());
        await SaveAsync(change, standing, facts.State.WithMember(added), cancellationToken);
        return added.ToView();
    }

    /// <inheritdoc/>
    public async Task<MemberView> ChangeMemberAsync(
        Caller caller, string memberId, ChangeMember change, CancellationToken cancellationToken)
    {
        var facts = await FreshFactsAsync(cancellationToken);
        var standing = SignerAuthority.Demand(facts, caller, SignerAction.ManageMembers);
        var next = facts.State.WithRole(memberId, change.Role);
        var changed = next.FindMember(memberId).ToView();
        await SaveAsync(Change.By(caller, "signer.change-member", StateTypes.Signer, Id, changed, services.Time), standing, next, cancellationToken);
        return changed;
    }

    /// <inheritdoc/>
    public async Task RemoveMemberAsync(Caller caller, string memberId, CancellationToken cancellationToken)
    {
        var facts = await FreshFactsAsync(cancellationToken);
        var standing = SignerAuthority.Demand(facts, caller, SignerAction.ManageMembers);
        var removed = facts.State.FindMember(memberId).ToView();
        await SaveAsync(
            Change.By(caller, "signer.remove-member", StateTypes.Signer, Id, removed, services.Time),
            standing,
            facts.State.WithoutMember(memberId),
            cancellationToken);
    }

    private Task SaveAsync(
        PendingChange change, SignerAuthority.Standing standing, SignerState next, CancellationToken cancellationToken) =>
        SaveAsync(change, next, standing.Basis, [], cancellationToken);

    /// <summary>The signer's own version is checked as what the save replaces, so it leaves the read set.</summary>
    private async Task SaveAsync(
        PendingChange change,
        SignerState next,
        ImmutableArray<StateVersion> basis,
        ImmutableArray<StateWrite> alsoWrites,
        CancellationToken cancellationToken)
    {
        var own = new StateVersion(StateTypes.Signer, Id, 0);
        var pending = change with
        {
            Entry = change.Entry! with { SignerId = Id, SignerName = next.Name },
            ReadSet =
            [
                .. change.ReadSet.Concat(basis).Where(version => version with { Version = 0 } != own).Distinct(),
            ],
            AlsoWrites = alsoWrites,
        };
        await state.WriteRecordedAsync(next, pending, cancellationToken);
        _facts = await services.Facts.ReadAsync(state.State, Version());
    }

    private SignerState Draft(Caller caller, CreateSigner request)
    {
        var draft = new SignerState
        {
            Id = Id,
            Name = SignerName.Demand(request.Name),
            Description = SignerChanges.DemandDescription(request.Description),
            PolicyId = request.ApprovalPolicyId,
            Members = [new SignerMember(EntityId.New(IdPrefixes.Member, services.Time), caller.ToRef(), SignerRole.Administrator)],
            CreatedAt = services.Time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };
        foreach (var member in request.Members ?? [])
        {
            draft = draft.WithMember(new SignerMember(
                EntityId.New(IdPrefixes.Member, services.Time), member.DemandPrincipal(), member.Role));
        }

        return draft;
    }

    private async Task<string> ProvideCertificateAsync(
        Caller caller, CreateSigner request, CancellationToken cancellationToken)
    {
        if (request.CertificateId is { } given && request.CaId is null)
        {
            return DemandCertificateId(given);
        }

        if (request.CertificateId is not null || request.CaId is null || request.KeyAlgorithm is null)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "Give either certificateId, or caId with commonName and keyAlgorithm.");
        }

        var certificateId = EntityId.New(IdPrefixes.Certificate, services.Time);
        var issue = new IssueCertificate(
            request.CaId, request.CommonName ?? request.Name, request.KeyAlgorithm, request.CertificateTtlDays ?? DefaultTtlDays);
        await GrainFactory.GetGrain<ICertificateGrain>(certificateId)
            .IssueAsync(caller with { Retry = null }, issue, cancellationToken);
        return certificateId;
    }

    private static string DemandCertificateId(string id) => EntityId.Is(IdPrefixes.Certificate, id) ? id : throw NoCertificate();

    private static RefusedException NoCertificate() => new(ErrorCode.NotFound, "There is no such certificate.");

    private CertificateFacts DemandUsable(CertificateFacts? certificate)
    {
        if (certificate is null)
        {
            throw NoCertificate();
        }

        if (!certificate.IsIssued || certificate.IsRevoked)
        {
            throw certificate.IsRevoked
                ? new RefusedException(ErrorCode.CertificateRevoked, "The certificate was revoked.")
                : new RefusedException(ErrorCode.NotACodeSigningCertificate, "The external CA still owes this certificate.");
        }

        return certificate.NotAfter > services.Time.GetUtcNow()
            ? certificate
            : throw new RefusedException(ErrorCode.CertificateExpired, "The certificate has expired.");
    }

    private async Task DemandMembersExistAsync(IEnumerable<SignerMember> members, CancellationToken cancellationToken)
    {
        foreach (var member in members)
        {
            var type = member.Principal.Kind switch
            {
                PrincipalKind.User => StateTypes.User,
                PrincipalKind.Identity => StateTypes.Identity,
                _ => StateTypes.Group,
            };
            if (await services.States.ReadAsync(type, member.Principal.Id, cancellationToken) is null)
            {
                throw new RefusedException(ErrorCode.InvalidRequest, $"There is no {type} '{member.Principal.Id}' to be a member.");
            }
        }
    }

    private Task<ImmutableArray<StateWrite>> ReserveNameAsync(string name, CancellationToken cancellationToken) =>
        NameReservation.ReserveAsync(services.States, StateTypes.Signer, name, Id, cancellationToken);
}
