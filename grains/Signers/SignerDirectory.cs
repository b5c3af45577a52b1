using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>An authorized access to a signer, with the facts of the decision.</summary>
/// <param name="Facts">The facts about the signer.</param>
/// <param name="Role">The caller's role; null for a product administrator who is not a member.</param>
/// <param name="ReadSet">The versions of the signer and of the group that gave the role.</param>
public sealed record SignerAccess(SignerFacts Facts, SignerRole? Role, ImmutableArray<StateVersion> ReadSet)
{
    /// <summary>The signer's id.</summary>
    public string SignerId => Facts.State.Id;

    /// <summary>Its name.</summary>
    public string SignerName => Facts.State.Name;

    /// <summary>The certificate that it signs with.</summary>
    public string CertificateId => Facts.State.CertificateId;
}

/// <summary>Reads signers uncached, and authorizes actions on them.</summary>
/// <remarks>
/// Every method refuses with <see cref="RefusedException"/>; callers who may not see the signer get <c>NotFound</c>.
/// </remarks>
public sealed class SignerDirectory(IStateStore store, SignerFactsReader reader, IObservations observations, TimeProvider time)
{
    /// <summary>The observation of a signature.</summary>
    public const string Signature = "signature";

    private const int MostGroups = 1000;
    private const int MostAtOnce = 200;

    /// <summary>One page of the signers that the caller may see, newest first.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="before">The last id of the previous page; null for the first page.</param>
    /// <param name="limit">The page size, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<Page<SignerView>> ListAsync(
        Caller caller, string? before, int limit, CancellationToken cancellationToken)
    {
        var query = new StateQuery(StateTypes.Signer, Statuses: ["active", "disabled"], Before: before, Limit: limit);
        if (caller.Role != ProductRole.Admin)
        {
            query = query with { AnyLink = [.. await LinksAsync(caller, cancellationToken)] };
        }

        var page = await store.ReadPageAsync(query, cancellationToken);
        var signers = await reader.ReadAsync([.. page.Items.Select(row => row.ToRow<SignerState>())], cancellationToken);

        var visible = signers.Where(facts => IsVisible(facts, caller)).ToArray();
        return new Page<SignerView>(await ViewAsync(caller, visible, cancellationToken), page.Next);
    }

    /// <summary>The ids of all signers that the caller may read; null for a product administrator, who may read every entry.</summary>
    public async Task<IReadOnlySet<string>?> FindReadableAsync(Caller caller, CancellationToken cancellationToken)
    {
        if (caller.Role == ProductRole.Admin)
        {
            return null;
        }

        HashSet<string> readable = [];
        var query = new StateQuery(
            StateTypes.Signer, Statuses: ["active", "disabled"], AnyLink: [.. await LinksAsync(caller, cancellationToken)], Limit: MostAtOnce);
        do
        {
            var page = await store.ReadPageAsync(query, cancellationToken);
            var signers = await reader.ReadAsync([.. page.Items.Select(row => row.ToRow<SignerState>())], cancellationToken);
            readable.UnionWith(signers.Where(facts => IsVisible(facts, caller)).Select(facts => facts.State.Id));
            query = query with { Before = page.Next };
        }
        while (query.Before is not null);

        return readable;
    }

    /// <summary>The id of the signer with a name, even if deleted; null if there is none.</summary>
    /// <exception cref="StateTamperedException">The sealed content of the row has another name.</exception>
    public async Task<string?> FindIdAsync(string name, CancellationToken cancellationToken)
    {
        var found = await store.ListAsync(new StateQuery(StateTypes.Signer, Name: name, Limit: 1), cancellationToken);
        if (found.Count == 0)
        {
            return null;
        }

        // The search used an unsealed column; the content is sealed.
        return found[0].ReadAs<SignerState>().Name == name
            ? found[0].Id
            : throw new StateTamperedException(StateTypes.Signer, found[0].Id);
    }

    /// <summary>One signer.</summary>
    public async Task<SignerView> GetAsync(Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var access = await AuthorizeAsync(caller, signerId, SignerAction.Read, cancellationToken);
        return (await ViewAsync(caller, [access.Facts], cancellationToken))[0];
    }

    /// <summary>A signer's members.</summary>
    public async Task<ImmutableArray<MemberView>> GetMembersAsync(
        Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var access = await AuthorizeAsync(caller, signerId, SignerAction.Read, cancellationToken);
        var members = access.Facts.State.Members;
        var names = await PrincipalNames.ReadAsync(store, caller, members.Select(member => member.Principal), cancellationToken);
        return [.. members.Select(member => member.ToView(names))];
    }

    /// <summary>What the caller may do with a signer.</summary>
    public async Task<PermissionsView> GetPermissionsAsync(
        Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var access = await AuthorizeAsync(caller, signerId, SignerAction.Read, cancellationToken);
        return new PermissionsView(access.Role, SignerAuthority.Of(access.Facts, caller).Actions);
    }

    /// <summary>Whether the caller may do something with a signer; not for one that does not exist.</summary>
    public async Task<bool> MayAsync(Caller caller, string signerId, SignerAction action, CancellationToken cancellationToken) =>
        await reader.ReadAsync(signerId, cancellationToken) is { State.IsDeleted: false } facts
        && SignerAuthority.Of(facts, caller).Actions.Contains(action);

    /// <summary>Authorizes an action on current facts.</summary>
    /// <exception cref="RefusedException">
    /// <c>NotFound</c>, <c>Forbidden</c>, or <c>SignerDisabled</c> for requests and pre-approvals.
    /// </exception>
    public async Task<SignerAccess> AuthorizeAsync(
        Caller caller, string signerId, SignerAction action, CancellationToken cancellationToken)
    {
        var facts = await reader.ReadAsync(signerId, cancellationToken) ?? throw SignerAuthority.NotFound();
        var standing = SignerAuthority.Authorize(facts, caller, action);
        if (facts.State.IsDisabled && action is SignerAction.Request or SignerAction.PreApprove)
        {
            throw new RefusedException(ErrorCode.SignerDisabled, "The signer is disabled: its administrator can enable it.");
        }

        return new SignerAccess(facts, standing.Role, standing.ReadSet);
    }

    /// <summary>The view of a signer, for its caller, after a change of its state.</summary>
    internal async Task<SignerView> ViewAsync(
        Caller caller, SignerFacts facts, SignerState next, CancellationToken cancellationToken) =>
        (await ViewAsync(caller, [facts with { Signer = facts.Signer with { State = next } }], cancellationToken))[0];

    /// <summary>The views of signers, for their caller.</summary>
    internal async Task<IReadOnlyList<SignerView>> ViewAsync(
        Caller caller, IReadOnlyList<SignerFacts> signers, CancellationToken cancellationToken)
    {
        var seen = await observations.ReadAsync([.. signers.Select(facts => facts.State.Id)], cancellationToken);
        var signed = seen
            .Where(observation => observation.What == Signature)
            .ToDictionary(observation => observation.Subject, observation => observation.LastAt);
        var names = await PrincipalNames.ReadAsync(store, caller, signers.Select(facts => facts.State.CreatedBy), cancellationToken);
        var policies = await PolicyNames.ReadAsync(store, caller, signers.Select(facts => facts.State.PolicyId), cancellationToken);
        return
        [
            .. signers.Select(facts => View(facts) with
            {
                CreatedBy = names.Show(facts.State.CreatedBy),
                ApprovalPolicyName = policies.Find(facts.State.PolicyId),
                LastSignedAt = signed.TryGetValue(facts.State.Id, out var at) ? at : null,
            }),
        ];
    }

    // The index columns only preselect rows; the sealed content decides.
    private static bool IsVisible(SignerFacts facts, Caller caller) =>
        !facts.State.IsDeleted && SignerAuthority.Of(facts, caller).Actions.Contains(SignerAction.Read);

    private SignerView View(SignerFacts facts)
    {
        var notAfter = facts.Certificate?.NotAfter ?? default;
        var status = facts.State.IsDisabled ? SignerStatus.Disabled
            : notAfter <= time.GetUtcNow() ? SignerStatus.Expired
            : SignerStatus.Active;
        return new SignerView(
            facts.State.Id,
            facts.State.Name,
            facts.State.Description,
            status,
            facts.State.CertificateId,
            facts.Certificate?.SerialNumber ?? "",
            facts.Certificate is { } certificate ? certificate.KeyAlgorithm.ToWireName() : "",
            notAfter,
            facts.State.PolicyId,
            facts.State.CreatedAt,
            facts.State.CreatedBy,
            PendingPolicyRequestId: facts.State.PendingPolicyRequestId,
            CertificateSubject: facts.Certificate?.Subject,
            Public: facts.State.IsPublic);
    }

    private async Task<IEnumerable<string>> LinksAsync(Caller caller, CancellationToken cancellationToken)
    {
        var own = caller.ToRef().ToLink();
        var groups = await store.ListAsync(
            new StateQuery(StateTypes.Group, AnyLink: [own], Limit: MostGroups), cancellationToken);
        return groups.Select(group => new PrincipalRef(PrincipalKind.Group, group.Id).ToLink()).Prepend(own);
    }
}
