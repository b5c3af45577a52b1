using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Reads people from the rows that their grains write. Product administrators see all of them; other people see ids and
/// names, and all of themselves.
/// </summary>
public sealed class UserDirectory(IStateStore store, IObservations observations)
{
    /// <summary>One page. To search by address is for product administrators.</summary>
    public async Task<Page<UserView>> ListAsync(Caller caller, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        string? email = null;
        if (query.Name is not null)
        {
            ProductAuthority.RequireAdministrator(caller);
            email = EmailAddress.Validate(query.Name);
        }

        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.User, Name: email, Before: query.Before, Limit: query.Limit), cancellationToken);
        var logins = await observations.ReadLoginsAsync(
            [.. page.Items.Select(stored => stored.Id).Where(id => ProductAuthority.MaySeeAll(caller, id))], cancellationToken);
        return new Page<UserView>([.. page.Items.Select(stored => ToView(caller, stored, logins))], page.Next);
    }

    /// <summary>One person; <c>NotFound</c> where there is none.</summary>
    public async Task<UserView> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        var stored = await store.ReadAsync(StateTypes.User, id, cancellationToken)
            ?? throw new RefusedException(ErrorCode.NotFound, "The user does not exist.");
        return ToView(caller, stored, await observations.ReadLoginsAsync([id], cancellationToken));
    }

    private static UserView ToView(Caller caller, StoredState stored, IReadOnlyDictionary<string, Observation> logins)
    {
        var user = stored.ReadAs<UserState>();
        return ProductAuthority.MaySeeAll(caller, stored.Id)
            ? user.ToView(stored.Id, logins.GetValueOrDefault(stored.Id)?.LastAt)
            : user.ToName(stored.Id);
    }
}

/// <summary>Asks for one page of people, machine identities or groups, newest first.</summary>
/// <param name="Limit">At most so many, 1 to 100.</param>
/// <param name="Before">The last id of the page before; null for the first page.</param>
/// <param name="Name">Only the one of this name, or, of people, of this address.</param>
public sealed record DirectoryQuery(int Limit, string? Before = null, string? Name = null);
