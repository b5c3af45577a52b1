using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// A signer. Decisions to sign rest on <see cref="_facts"/>, an immutable copy that is replaced only by what is durable;
/// the facet's state may run ahead while a save is under way. A stale copy does no harm: the ledger refuses what rests on
/// it, the worker says what was stale, and it is read again.
/// </summary>
public sealed partial class SignerGrain(
    [PersistentState(StateTypes.Signer, "ledger")] IPersistentState<SignerState> state,
    SignerServices services) : Grain, ISignerGrain
{
    private SignerFacts? _facts;
    private LiveGrants? _grants;

    private string Id => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _grants = new LiveGrants(Id, services.States, services.Time);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<SigningDecision> DecideAsync(
        Caller caller, SigningQuestion question, ImmutableArray<StateVersion> stale)
    {
        var facts = _facts;
        if (facts is null || SignerFacts.RestOnAny(stale))
        {
            facts = await services.Facts.ReadAsync(Id, CancellationToken.None);
            if (facts is null)
            {
                var notFound = SignerAuthority.NotFound();
                return new SigningDecision.Refused([], null, null, notFound.Code, notFound.Message);
            }

            _facts = facts;
        }

        var decision = SigningRules.Decide(facts, caller, question.Algorithm, question.Now(services.Time));
        return decision is SigningDecision.NeedsGrant needed
            ? await AddGrantsAsync(needed, caller, question, !stale.IsEmpty)
            : decision;
    }

    /// <inheritdoc/>
    public async Task<SignerView> GetAsync(Caller caller)
    {
        var facts = await FreshFactsAsync();
        SignerAuthority.Demand(facts, caller, SignerAction.Read);
        return await ViewAsync(facts);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<MemberView>> GetMembersAsync(Caller caller)
    {
        var facts = await FreshFactsAsync();
        SignerAuthority.Demand(facts, caller, SignerAction.Read);
        return [.. facts.State.Members.Select(member => member.ToView())];
    }

    /// <inheritdoc/>
    public async Task<PermissionsView> GetPermissionsAsync(Caller caller)
    {
        var standing = SignerAuthority.Demand(await FreshFactsAsync(), caller, SignerAction.Read);
        return new PermissionsView(standing.Role, standing.Actions);
    }

    /// <inheritdoc/>
    public async Task<SignerAccess> AuthorizeAsync(Caller caller, SignerAction action)
    {
        var facts = await FreshFactsAsync();
        var standing = SignerAuthority.Demand(facts, caller, action);
        if (facts.State.IsDisabled && action is SignerAction.Request or SignerAction.PreApprove)
        {
            throw new RefusedException(ErrorCode.SignerDisabled, "The signer is disabled. Its administrator can enable it again.");
        }

        return new SignerAccess(
            Id, facts.State.Name, facts.State.CertificateId, facts.State.PolicyId, standing.Role, standing.Basis);
    }

    private async Task<SigningDecision> AddGrantsAsync(
        SigningDecision.NeedsGrant needed, Caller caller, SigningQuestion question, bool fresh)
    {
        var (grantee, thumbprint) = (caller.ToRef(), needed.Certificate!.Thumbprint);
        var ids = await _grants!.FindAsync(grantee, thumbprint, question, fresh, CancellationToken.None);
        if (ids.IsEmpty && !fresh)
        {
            ids = await _grants.FindAsync(grantee, thumbprint, question, fresh: true, CancellationToken.None);
        }

        return ids.IsEmpty
            ? new SigningDecision.Refused(
                needed.Basis, needed.SignerName, needed.Certificate, ErrorCode.ApprovalRequired,
                "The signer's policy asks for an approved request first. Ask with POST …/requests, then sign again.")
            : needed with { GrantIds = ids };
    }

    /// <summary>
    /// Facts for what is not on the hot path. The row is read again: on several nodes over one database, each may have an
    /// activation of its own.
    /// </summary>
    private async Task<SignerFacts> FreshFactsAsync(CancellationToken cancellationToken = default)
    {
        await state.ReadStateAsync(cancellationToken);
        return state.RecordExists ? await services.Facts.ReadAsync(state.State, Version()) : throw SignerAuthority.NotFound();
    }

    private long Version() => long.Parse(state.Etag!, System.Globalization.CultureInfo.InvariantCulture);

    private async Task<SignerView> ViewAsync(SignerFacts facts)
    {
        var seen = await services.Observations.ReadAsync([Id], CancellationToken.None);
        var lastSigned = seen.FirstOrDefault(observation => observation.What == SignerServices.Signature)?.LastAt;
        return View(facts) with { LastSignedAt = lastSigned };
    }

    private SignerView View(SignerFacts facts)
    {
        var notAfter = facts.Certificate?.NotAfter ?? default;
        var status = facts.State.IsDisabled ? SignerStatus.Disabled
            : notAfter <= services.Time.GetUtcNow() ? SignerStatus.Expired
            : SignerStatus.Active;
        return new SignerView(
            Id,
            facts.State.Name,
            facts.State.Description,
            status,
            facts.State.CertificateId,
            facts.Certificate?.SerialNumber ?? "",
            facts.Certificate is { } certificate ? CodeSigning.Certificates.KeyAlgorithmNames.ToWireName(certificate.KeyAlgorithm) : "",
            notAfter,
            facts.State.PolicyId,
            facts.State.CreatedAt,
            facts.State.CreatedBy,
            PendingPolicyRequestId: facts.State.PendingPolicyRequestId);
    }
}
