using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Reads people from their rows. Product administrators see all of them; other people see ids and names, and all of
/// their own data.
/// </summary>
public sealed class UserDirectory(IStateStore store, IObservations observations)
{
    /// <summary>One page. Only product administrators may filter by email address.</summary>
    public async Task<Page<UserView>> ListAsync(Caller caller, DirectoryQuery query, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireReader(caller);
        string? email = null;
        if (query.Name is not null)
        {
            ProductAuthority.RequireAdministrator(caller);
            email = EmailAddress.Validate(query.Name, "The parameter 'email'");
        }

        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.User, Name: email, Before: query.Before, Limit: query.Limit), cancellationToken);
        var logins = await observations.ReadLoginsAsync(
            [.. page.Items.Select(stored => stored.Id).Where(id => ProductAuthority.MaySeeAll(caller, id))], cancellationToken);
        return new Page<UserView>([.. page.Items.Select(stored => ToView(caller, stored, logins))], page.Next);
    }

    /// <summary>One person; <c>NotFound</c> if it does not exist.</summary>
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

/// <summary>A query for one page of people, machine identities or groups, newest first.</summary>
/// <param name="Limit">The page size, 1 to 100.</param>
/// <param name="Before">The last id of the previous page; null for the first page.</param>
/// <param name="Name">Only the one with this name, or for people this email address.</param>
public sealed record DirectoryQuery(int Limit, string? Before = null, string? Name = null);
