using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities.Logins;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Machines;

/// <summary>
/// Reads machine identities and their client secrets from the rows that are written. Product administrators see all of
/// them; other people see ids and names; an identity sees itself.
/// </summary>
public sealed class IdentityDirectory(IStateStore store, IObservations observations)
{
    /// <summary>One page.</summary>
    public async Task<Page<IdentityView>> ListAsync(
        Caller caller, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandReader(caller);
        var name = query.Name is null ? null : DisplayText.DemandName(query.Name);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Identity, Name: name, Before: query.Before, Limit: query.Limit), cancellationToken);
        var logins = await observations.ReadLoginsAsync(
            [.. page.Items.Select(stored => stored.Id).Where(id => ProductAuthority.MaySeeAll(caller, id))], cancellationToken);
        return new Page<IdentityView>([.. page.Items.Select(stored => ToView(caller, stored, logins))], page.Next);
    }

    /// <summary>One identity; <c>NotFound</c> where there is none.</summary>
    public async Task<IdentityView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        if (caller.Id != id)
        {
            ProductAuthority.DemandReader(caller);
        }

        var stored = await store.ReadAsync(StateTypes.Identity, id, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "There is no such machine identity.");
        return ToView(caller, stored, await observations.ReadLoginsAsync([id], cancellationToken));
    }

    /// <summary>One page of an identity's client secrets, without the secrets. Product administrators only.</summary>
    public async Task<Page<ClientSecretView>> ListClientSecretsAsync(
        Caller caller, string identityId, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        await GetAsync(caller, identityId, cancellationToken);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.ClientSecret, Parent: identityId, Before: query.Before, Limit: query.Limit), cancellationToken);
        var logins = await observations.ReadLoginsAsync([.. page.Items.Select(stored => stored.Id)], cancellationToken);
        var items = page.Items.Select(
            stored => stored.ReadAs<ClientSecretState>().ToView(stored.Id, logins.GetValueOrDefault(stored.Id)));
        return new Page<ClientSecretView>([.. items], page.Next);
    }

    private static IdentityView ToView(
        Caller caller, StoredState stored, IReadOnlyDictionary<string, Observation> logins)
    {
        var identity = stored.ReadAs<IdentityState>();
        return ProductAuthority.MaySeeAll(caller, stored.Id)
            ? identity.ToView(stored.Id, logins.GetValueOrDefault(stored.Id)?.LastAt)
            : identity.ToName(stored.Id);
    }
}
