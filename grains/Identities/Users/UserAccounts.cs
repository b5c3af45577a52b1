using CodeSigning.Errors;
using CodeSigning.Grains.Identities.Logins.Throttling;
using CodeSigning.Grains.Identities.Passwords;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Identity;

namespace CodeSigning.Grains.Identities.Users;

/// <summary>
/// What can be asked of people where passwords are part of it: they are checked and hashed here, so that a person's grain
/// gets to know hashes alone.
/// </summary>
public sealed class UserAccounts(
    IGrainFactory grains, IStateStore store, PasswordHashing hashing, LoginThrottle throttle, TimeProvider time)
{
    /// <summary>Makes a person. Product administrators only; <c>NameTaken</c> where another has the address.</summary>
    public async Task<UserView> CreateAsync(Caller caller, CreateUser request, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        var user = await ToNewUserAsync(request, cancellationToken);
        return await NewGrain().CreateAsync(caller, user, cancellationToken);
    }

    /// <summary>Changes a person. Product administrators only.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c> where it would leave the product without an active administrator.</exception>
    public async Task<UserView> UpdateAsync(
        Caller caller, string userId, UpdateUser request, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        var grain = GetGrain(userId);
        var hash = request.Password is { } password
            ? await HashForOtherAsync(caller, userId, request.Email, password, cancellationToken)
            : null;
        var change = new UserChange(
            request.Email is null ? null : EmailAddress.Demand(request.Email),
            request.Name is null ? null : DisplayText.DemandName(request.Name),
            request.ProductRole,
            request.Status,
            hash);
        return await grain.UpdateAsync(caller, change, cancellationToken);
    }

    /// <summary>Deletes a person. Product administrators only, and never the last one.</summary>
    public async Task DeleteAsync(Caller caller, string userId, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        await GetGrain(userId).DeleteAsync(caller, cancellationToken);
    }

    /// <summary>Gives the caller another password. Its other sessions end; the one it asks in goes on.</summary>
    /// <exception cref="RefusedException"><c>Forbidden</c> where the current password is another; <c>RateLimited</c>.</exception>
    public async Task ChangePasswordAsync(Caller caller, ChangePassword request, CancellationToken cancellationToken)
    {
        if (caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only people have passwords.");
        }

        var stored = await DemandAsync(caller.Id, cancellationToken);
        var user = stored.ReadAs<UserState>();
        PasswordRules.Demand(request.NewPassword, user.Email);
        using (var attempt = throttle.Begin(PrincipalKind.User, user.Email, caller.Address))
        {
            if (request.CurrentPassword.Length > PasswordRules.MaxLength
                || await hashing.VerifyAsync(user.PasswordHash, request.CurrentPassword, cancellationToken)
                    == PasswordVerificationResult.Failed)
            {
                attempt.Fail();
                throw new RefusedException(ErrorCode.Forbidden, "The current password is not that.");
            }

            attempt.Succeed();
        }

        var hash = await hashing.HashAsync(request.NewPassword, cancellationToken);
        await GetGrain(caller.Id).ChangePasswordAsync(caller, stored.ToVersion(), hash, cancellationToken);
    }

    /// <summary>Makes the first administrator; <c>WrongState</c> where there is, or was, one.</summary>
    internal async Task<UserView> CreateFirstAdministratorAsync(CreateUser request, CancellationToken cancellationToken)
    {
        var user = await ToNewUserAsync(request, cancellationToken);
        return await NewGrain().CreateFirstAdministratorAsync(user, cancellationToken);
    }

    private async Task<NewUser> ToNewUserAsync(CreateUser request, CancellationToken cancellationToken)
    {
        var email = EmailAddress.Demand(request.Email);
        var name = DisplayText.DemandName(request.Name);
        if (request.Password is not { } password)
        {
            return new NewUser(email, name, request.ProductRole ?? ProductRole.Member, null);
        }

        PasswordRules.Demand(password, email);
        var hash = await hashing.HashAsync(password, cancellationToken);
        return new NewUser(email, name, request.ProductRole ?? ProductRole.Member, hash);
    }

    private async Task<string> HashForOtherAsync(
        Caller caller, string userId, string? newEmail, string password, CancellationToken cancellationToken)
    {
        if (caller.Id == userId)
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "Change your own password at /me/password, where the current one is asked for.");
        }

        var user = (await DemandAsync(userId, cancellationToken)).ReadAs<UserState>();
        PasswordRules.Demand(password, newEmail ?? user.Email);
        return await hashing.HashAsync(password, cancellationToken);
    }

    private async Task<StoredState> DemandAsync(string userId, CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.User, userId, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "There is no such person.");

    private IUserGrain NewGrain() => grains.GetGrain<IUserGrain>(EntityId.New(IdPrefixes.User, time));

    private IUserGrain GetGrain(string userId) => EntityId.Is(IdPrefixes.User, userId)
        ? grains.GetGrain<IUserGrain>(userId)
        : throw new RefusedException(ErrorCode.NotFound, "There is no such person.");
}
