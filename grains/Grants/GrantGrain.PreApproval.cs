using CodeSigning.Approvals;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Grants;

/// <summary>
/// Grants that are given ahead of a request. It is one person's decision, so it is a person's, and never for themselves:
/// not through a machine identity that they could act as either.
/// </summary>
public sealed partial class GrantGrain
{
    /// <inheritdoc/>
    public async Task<GrantView> PreApproveAsync(
        Caller caller, string signerId, PreApprove request, CancellationToken cancellationToken)
    {
        var signer = GrainFactory.GetGrain<ISignerGrain>(signerId);
        var access = await signer.AuthorizeAsync(caller, SignerAction.PreApprove);
        if (caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only people grant ahead; a machine identity approves nothing.");
        }

        if (state.RecordExists)
        {
            throw new RefusedException(ErrorCode.Conflict, "The grant exists already.");
        }

        if (access.ApprovalPolicyId is not { } policyId
            || await KnownPolicy.ReadAsync(states, policyId, cancellationToken) is not { } policy)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "The signer has no signing policy: its operators sign without a grant.");
        }

        var grantee = await DemandGranteeAsync(caller, signer, request.Grantee, cancellationToken);
        var certificate = await GrainFactory.GetGrain<ICertificateGrain>(access.CertificateId).GetFactsAsync()
            ?? throw new RefusedException(ErrorCode.WrongState, "The signer's certificate is gone. Bind another one first.");
        var now = time.GetUtcNow();
        var terms = GrantTerms.Of(request.ToRequest(), policy.State.Definition.Constraints, now);
        var (start, end) = terms.WindowFrom(now);
        var next = new GrantState
        {
            Id = Id,
            SignerId = access.SignerId,
            Grantee = request.Grantee,
            CertificateThumbprint = certificate.Thumbprint,
            WindowStart = start,
            WindowEnd = end,
            MaxSignings = terms.MaxSignings,
            Scope = terms.Scope,
            Justification = request.Justification,
            CreatedAt = now,
            CreatedBy = caller.ToRef(),
        };
        var view = GrantRules.View(next, used: 0, now);
        var change = Change.By(caller, "grant.pre-approve", StateTypes.Grant, Id, request, time).Answering(caller, view);
        await state.WriteRecordedAsync(
            next,
            change with
            {
                Entry = change.Entry! with { SignerId = access.SignerId, SignerName = access.SignerName, GrantId = Id },
                ReadSet =
                [
                    .. change.ReadSet
                        .Concat(access.Basis).Concat(grantee).Concat(certificate.Basis).Append(policy.Version).Distinct(),
                ],
            },
            cancellationToken);
        Take(state.State, SavedVersion());
        return view;
    }

    /// <summary>An active member who may sign, and nobody whom the caller could act as.</summary>
    private async Task<IEnumerable<StateVersion>> DemandGranteeAsync(
        Caller caller, ISignerGrain signer, PrincipalRef grantee, CancellationToken cancellationToken)
    {
        if (grantee.Kind is not (PrincipalKind.User or PrincipalKind.Identity))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "A grant is a user's or an identity's.");
        }

        if (!grantee.IsWellFormed())
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "There is no such grantee, or it is disabled.");
        }

        var (makers, basis) = await requests.FindMakersAsync(grantee, cancellationToken);
        if (grantee == caller.ToRef() || makers.Contains(caller.Id))
        {
            throw new RefusedException(
                ErrorCode.SelfApproval,
                "You would grant it to yourself, or to a machine identity that you can act as. Another administrator must.");
        }

        var facts = await requests.FindAsync(grantee);
        if (facts is not { Exists: true, Status: PrincipalStatus.Active })
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "There is no such grantee, or it is disabled.");
        }

        try
        {
            var asGrantee = new Caller(
                grantee.Kind, grantee.Id, facts.Name, ProductRole.Member, [], null, null, null);
            var access = await signer.AuthorizeAsync(asGrantee, SignerAction.Sign);
            return [.. basis, facts.Version, .. access.Basis];
        }
        catch (RefusedException)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "The grantee may not sign with this signer. Make it an operator first.");
        }
    }
}
