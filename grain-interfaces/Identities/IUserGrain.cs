using CodeSigning.Ledger;

namespace CodeSigning.Identities;

/// <summary>A person; its key is its id. It reads its row before each turn, so that it holds on any number of nodes.</summary>
/// <remarks>Everything here refuses with <see cref="Errors.RefusedException"/>.</remarks>
[Alias("codesigning.IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Makes the person. Product administrators only; <c>NameTaken</c> where another has the address.</summary>
    [Alias("Create")]
    Task<UserView> CreateAsync(Caller caller, NewUser user, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the first administrator of a store that has none; of several nodes that try at once, one succeeds.
    /// <c>WrongState</c> where there is, or ever was, an administrator.
    /// </summary>
    [Alias("CreateFirstAdministrator")]
    Task<UserView> CreateFirstAdministratorAsync(NewUser user, CancellationToken cancellationToken);

    /// <summary>
    /// Changes the person. Product administrators only. <c>WrongState</c> where it would leave the product without an
    /// active administrator.
    /// </summary>
    [Alias("Update")]
    Task<UserView> UpdateAsync(Caller caller, UserChange change, CancellationToken cancellationToken);

    /// <summary>Deletes the person; tokens end at once, ledger entries stay. Product administrators only, never the last one.</summary>
    [Alias("Delete")]
    Task DeleteAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>The person gives itself another password; its other sessions end, the one it asks in goes on.</summary>
    /// <param name="caller">The person itself.</param>
    /// <param name="verified">The version of the person whose password the caller knew.</param>
    /// <param name="passwordHash">The hash of the new password.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    [Alias("ChangePassword")]
    Task ChangePasswordAsync(Caller caller, StateVersion verified, string passwordHash, CancellationToken cancellationToken);

    /// <summary>The person ends all of its sessions, the one it asks in too.</summary>
    [Alias("EndSessions")]
    Task EndSessionsAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>What decisions need to know, as it stands in the store at the call.</summary>
    [ReadOnly, Alias("GetFacts")]
    Task<PrincipalFacts> GetFactsAsync();
}
