using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Grants;

/// <summary>
/// Reads, pre-approves and revokes grants. Any node commits these on the rows, so a revocation does not depend on the
/// grant's home. The ledger counts the uses.
/// </summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class GrantService(
    IStateStore store,
    ILedger ledger,
    ILedgerReader entries,
    SignerDirectory signers,
    PrincipalFactsReader principals,
    TimeProvider time)
{
    /// <summary>One page of a signer's grants, newest first, for callers that may read the signer.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="signerId">The signer.</param>
    /// <param name="before">The last id of the previous page; null for the first page.</param>
    /// <param name="limit">The page size, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<Page<GrantView>> ListAsync(
        Caller caller, string signerId, string? before, int limit, CancellationToken cancellationToken)
    {
        var signer = (await signers.AuthorizeAsync(caller, signerId, SignerAction.Read, cancellationToken)).Facts.State;
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Grant, Parent: signerId, Before: before, Limit: limit), cancellationToken);
        var uses = await entries.CountUsesAsync([.. page.Items.Select(row => row.Id)], cancellationToken);
        var now = time.GetUtcNow();
        GrantState[] grants = [.. page.Items.Select(row => row.ReadAs<GrantState>())];
        var names = await PrincipalNames.ReadAsync(
            store, caller, grants.SelectMany(grant => GrantRules.NamedIn(grant, signer)), cancellationToken);
        return new Page<GrantView>([.. grants.Select(grant => GrantRules.View(grant, signer, uses[grant.Id], now, names))], page.Next);
    }

    /// <summary>One grant, for its grantee and for callers that may read its signer.</summary>
    public async Task<GrantView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var grant = (await FindAsync(id, cancellationToken)).State;
        if (caller.ToRef() != grant.Grantee)
        {
            await AuthorizeAsync(grant, caller, SignerAction.Read, cancellationToken);
        }

        var signer = await store.FindAsync<SignerState>(StateTypes.Signer, grant.SignerId, cancellationToken) ?? throw NotFound();
        return await ViewAsync(caller, grant, signer.State, await entries.CountUsesAsync(id, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Revokes a grant; in force for every signature that begins after this returns. The signer's administrators only.
    /// </summary>
    public async Task<GrantView> RevokeAsync(
        Caller caller, string id, RevokeGrant request, CancellationToken cancellationToken)
    {
        var grant = await FindAsync(id, cancellationToken);
        var access = await AuthorizeAsync(grant.State, caller, SignerAction.Revoke, cancellationToken);
        DisplayText.ValidateReason(request.Reason);

        var used = await entries.CountUsesAsync(id, cancellationToken);
        var status = GrantRules.StatusOf(grant.State, access.Facts.State, used, time.GetUtcNow());
        if (status != GrantStatus.Active)
        {
            throw new RefusedException(ErrorCode.WrongState, $"The grant is already {status.ToString().ToLowerInvariant()}.");
        }

        var revoked = grant.State.Revoke(caller.ToRef(), request.Reason, time.GetUtcNow());
        var view = await ViewAsync(caller, revoked, access.Facts.State, used, cancellationToken);
        await ledger.RecordAsync(
            Change.By(caller, "grant.revoke", StateTypes.Grant, id, Changes.Between(grant.State.ToRecord(), revoked.ToRecord()), time)
                .About(access.SignerId, access.SignerName, id)
                .Answering(caller, view)
                .Reading(access.ReadSet)
                .Writing(grant.Replace(revoked)),
            cancellationToken);
        return view;
    }

    /// <summary>
    /// Creates a grant without a request: an administrator of the signer for another member, within the policy's
    /// limits. It is one person's decision, so only people may pre-approve, and neither for themselves nor for a
    /// machine identity that they could act as.
    /// </summary>
    public async Task<GrantView> PreApproveAsync(
        Caller caller, string signerId, PreApprove request, CancellationToken cancellationToken)
    {
        var access = await signers.AuthorizeAsync(caller, signerId, SignerAction.PreApprove, cancellationToken);
        if (caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Machine identities cannot pre-approve: a user must do this.");
        }

        if (access.Facts.Policy is not { } policy)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "The signer has no signing policy, so its operators need no grant.");
        }

        var (grantee, granteeReadSet) = await RequireGranteeAsync(caller, access.Facts, request.Grantee, cancellationToken);
        var certificate = access.Facts.Certificate
            ?? throw new RefusedException(ErrorCode.WrongState, "The signer's certificate was deleted: bind another certificate first.");
        var now = time.GetUtcNow();
        var terms = GrantTerms.Of(request.ToRequest(), policy.State.Definition.Constraints, now);
        var (start, end) = terms.WindowFrom(now);
        var grant = new GrantState
        {
            Id = EntityId.New(IdPrefixes.Grant, time),
            SignerId = access.SignerId,
            Grantee = grantee,
            CertificateThumbprint = certificate.Thumbprint,
            SignerGeneration = access.Facts.State.Generation,
            WindowStart = start,
            WindowEnd = end,
            MaxSignings = terms.MaxSignings,
            Scope = terms.Scope,
            Justification = request.Justification,
            CreatedAt = now,
            CreatedBy = caller.ToRef(),
        };
        var view = await ViewAsync(caller, grant, access.Facts.State, used: 0, cancellationToken);
        await ledger.RecordAsync(
            Change.By(caller, "grant.pre-approve", StateTypes.Grant, grant.Id, Changes.Making(grant.ToRecord()), time)
                .About(access.SignerId, access.SignerName, grant.Id)
                .Answering(caller, view)
                .Reading([.. access.ReadSet, .. granteeReadSet, .. certificate.ReadSet, policy.ToVersion()])
                .Writing(grant.Give()),
            cancellationToken);
        return view;
    }

    /// <summary>Requires an active member who may sign and whom the caller could not act as.</summary>
    private async Task<(PrincipalRef Grantee, IEnumerable<StateVersion> ReadSet)> RequireGranteeAsync(
        Caller caller, SignerFacts signer, PrincipalRef given, CancellationToken cancellationToken)
    {
        if (given.Kind is not (PrincipalKind.User or PrincipalKind.Identity))
        {
            throw new RefusedException(ErrorCode.InvalidRequest, "The field 'grantee.kind' is invalid: expected user or identity.");
        }

        var grantee = await PrincipalLookup.ResolveAsync(store, caller, given, "grantee.id", cancellationToken);
        var makers = await principals.FindMakersAsync(grantee, cancellationToken);
        if (grantee == caller.ToRef() || makers?.UserIds.Contains(caller.Id) == true)
        {
            throw new RefusedException(
                ErrorCode.SelfApproval,
                "You cannot pre-approve for yourself or for a machine identity that you could act as: another administrator must do this.");
        }

        var facts = await principals.FindAsync(grantee, cancellationToken);
        if (!facts.IsActive)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field 'grantee.id' is invalid: '{facts.Name}' is disabled; enable it first.");
        }

        var standing = SignerAuthority.Of(signer, Caller.Standing(grantee, facts.Name));
        return standing.Actions.Contains(SignerAction.Sign)
            ? (grantee, [.. makers is null ? [] : new[] { makers.Version }, facts.Version, .. standing.ReadSet])
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"The field 'grantee.id' is invalid: '{facts.Name}' may not sign with this signer; make it an operator first.");
    }

    private async Task<GrantView> ViewAsync(
        Caller caller, GrantState grant, SignerState signer, long used, CancellationToken cancellationToken) => GrantRules.View(
        grant,
        signer,
        used,
        time.GetUtcNow(),
        await PrincipalNames.ReadAsync(store, caller, GrantRules.NamedIn(grant, signer), cancellationToken));

    private async Task<Row<GrantState>> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<GrantState>(StateTypes.Grant, id, cancellationToken) ?? throw NotFound();

    /// <summary>
    /// Authorizes by the grant's signer. Callers who may not see the signer get the same refusal as for a missing
    /// grant.
    /// </summary>
    private async Task<SignerAccess> AuthorizeAsync(
        GrantState grant, Caller caller, SignerAction action, CancellationToken cancellationToken)
    {
        try
        {
            return await signers.AuthorizeAsync(caller, grant.SignerId, action, cancellationToken);
        }
        catch (RefusedException refusal) when (refusal.Code == ErrorCode.NotFound)
        {
            throw NotFound();
        }
    }

    private static RefusedException NotFound() =>
        new(ErrorCode.NotFound, "The grant does not exist or is not visible to you.");

}
