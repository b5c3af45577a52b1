using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Administration;

/// <summary>Creates and changes people. Product administrators only, unless stated otherwise.</summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class UserService(
    IStateStore store,
    ILedger ledger,
    PasswordHashing hashing,
    OwnPassword passwords,
    SessionRows sessions,
    GuardedPolicies policies,
    TimeProvider time)
{
    private readonly AdministratorRegister _administrators = new(store);

    /// <summary>Creates a person; <c>NameTaken</c> if the email address is in use.</summary>
    public async Task<UserView> CreateAsync(Caller caller, CreateUser request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var (id, user) = await DraftAsync(request, cancellationToken);
        user = user with { MustChangePassword = user.PasswordHash is not null && caller.Kind != PrincipalKind.System };
        return await CreateAsync(caller, id, user, null, await RegisterAsync(id, user, cancellationToken), cancellationToken);
    }

    /// <summary>Creates a person who is invited to choose a password.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="request">The person, without a password.</param>
    /// <param name="invite">Makes the link of the person with this id, and its view.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    internal async Task<UserView> CreateInvitedAsync(
        Caller caller,
        CreateUser request,
        Func<string, (PasswordResetLink Link, InvitationView View)> invite,
        CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var (id, user) = await DraftAsync(request, cancellationToken);
        var (link, invitation) = invite(id);
        user = user with { ResetLink = link };
        return await CreateAsync(caller, id, user, invitation, await RegisterAsync(id, user, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Creates the first administrator of a store; if several nodes try at once, one succeeds. <c>WrongState</c> if
    /// there is or ever was an administrator.
    /// </summary>
    internal async Task<UserView> CreateFirstAdministratorAsync(CreateUser request, CancellationToken cancellationToken)
    {
        var (id, user) = await DraftAsync(request with { ProductRole = ProductRole.Admin }, cancellationToken);
        return await CreateAsync(
            Caller.System, id, user, null, [await _administrators.WithFirstAsync(id, cancellationToken)], cancellationToken);
    }

    /// <summary>Changes a person.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c> if no active administrator would be left, or if the caller would obtain the credentials of
    /// another person: see <see cref="PasswordResets"/>.
    /// </exception>
    public async Task<UserView> UpdateAsync(
        Caller caller, string id, UpdateUser request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var user = await RequireAsync(id, cancellationToken);
        var isOther = caller.Kind != PrincipalKind.System && caller.Id != id;
        if (isOther && request.Password is not null && user.State.External is not null)
        {
            throw SignsInElsewhere();
        }

        if (isOther && (request.Password is not null || IsOther(request.Email, user.State)))
        {
            await RequireNoResetAsync(user, cancellationToken);
        }

        var change = new UserChange(
            request.Email is null ? null : EmailAddress.Validate(request.Email, "The field 'email'"),
            request.Name is null ? null : DisplayText.ValidateName(request.Name),
            request.ProductRole,
            request.Status,
            request.Password is { } password
                ? await HashForOtherAsync(caller, user, request.Email, password, cancellationToken)
                : null,
            IsSetByOther: isOther);
        var next = user.State.With(change);
        if (next == user.State)
        {
            return next.ToView(id);
        }

        if (isOther && Entrusts(user.State, next))
        {
            next = next with { VotesFrom = time.GetUtcNow() };
        }

        await SaveAsync(
            Change.By(caller, "user.update", StateTypes.User, id, user.State.To(next), time)
                .Writing(user.Replace(next))
                .Writing(await RegisterAsync(id, user.State, next, cancellationToken)),
            cancellationToken);
        return next.ToView(id);
    }

    /// <summary>
    /// Sets a person's password, and optionally the email address, and removes the second factor, for an operator on the
    /// server. Every session of the person ends, and the person's votes on requests created earlier do not count.
    /// </summary>
    /// <exception cref="RefusedException"><c>NotFound</c>, <c>NameTaken</c>, <c>InvalidRequest</c>.</exception>
    public async Task<UserView> ResetAsync(string email, string? newEmail, string password, CancellationToken cancellationToken)
    {
        var user = await FindByEmailAsync(EmailAddress.Validate(email), cancellationToken);
        var address = newEmail is null ? user.State.Email : EmailAddress.Validate(newEmail);
        PasswordRules.Validate(password, address);
        var change = new UserChange(
            Email: address, PasswordHash: await hashing.HashAsync(password, cancellationToken), IsSetByOther: true);
        var next = user.State.With(change) with { Totp = null, Passkeys = [], VotesFrom = time.GetUtcNow() };
        await SaveAsync(
            Change.By(Caller.System, "user.reset", StateTypes.User, user.Id, user.State.To(next), time)
                .Writing(user.Replace(next))
                .Writing(await PasskeyRows.RemoveAsync(store, user.State.Passkeys, cancellationToken))
                .Writing(await SecondFactorRows.RemoveAsync(store, user.Id, cancellationToken)),
            cancellationToken);
        return next.ToView(user.Id);
    }

    /// <summary>
    /// Removes the second factor of another person who lost it. Every session of the person ends, and the person's votes on
    /// requests created earlier do not count. The caller learns no credential by it: the person's password stays.
    /// </summary>
    /// <exception cref="RefusedException">
    /// <c>Forbidden</c> for the caller's own; <c>WrongState</c> if the person has none.
    /// </exception>
    public async Task ResetFactorsAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        if (caller.Id == id)
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "Your own second factor is removed at /me/factors/totp/remove, which requires your password and a code.");
        }

        var user = await RequireAsync(id, cancellationToken);
        if (!user.State.HasSecondFactor)
        {
            throw new RefusedException(ErrorCode.WrongState, "The user has no second factor.");
        }

        var next = user.State with
        {
            Totp = null,
            Passkeys = [],
            VotesFrom = time.GetUtcNow(),
            SessionGeneration = user.State.SessionGeneration + 1,
        };
        await SaveAsync(
            Change.By(caller, "user.resetSecondFactor", StateTypes.User, id, user.State.To(next), time)
                .Writing(user.Replace(next))
                .Writing(await PasskeyRows.RemoveAsync(store, user.State.Passkeys, cancellationToken))
                .Writing(await SecondFactorRows.RemoveAsync(store, id, cancellationToken)),
            cancellationToken);
    }

    /// <summary>The person with an email address.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>.</exception>
    public async Task<UserView> GetByEmailAsync(string email, CancellationToken cancellationToken)
    {
        var user = await FindByEmailAsync(EmailAddress.Validate(email), cancellationToken);
        return user.State.ToView(user.Id);
    }

    /// <summary>
    /// Deletes a person, but never the last administrator; tokens become invalid immediately, ledger entries stay.
    /// </summary>
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var user = await RequireAsync(id, cancellationToken);
        var change = Change
            .By(caller, "user.delete", StateTypes.User, id, Changes.Deleting(user.State.ToRecord()), time)
            .Writing(user.Remove())
            .Writing(await SecondFactorRows.RemoveAsync(store, id, cancellationToken))
            .Writing(await PasskeyRows.RemoveAsync(store, user.State.Passkeys, cancellationToken))
            .Writing(await ExternalIdentityRows.RemoveAsync(store, user.State, cancellationToken));
        await SaveAsync(
            user.State.IsActiveAdministrator
                ? change.Writing(await _administrators.WithoutAsync(id, cancellationToken))
                : change,
            cancellationToken);
    }

    /// <summary>Changes the caller's password. Other sessions of the caller end; the current one continues.</summary>
    /// <exception cref="RefusedException">
    /// <c>Forbidden</c> if the current password is incorrect; <c>RateLimited</c>.
    /// </exception>
    public async Task ChangePasswordAsync(Caller caller, ChangePassword request, CancellationToken cancellationToken)
    {
        if (caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Machine identities have no password.");
        }

        // The commit replaces the version whose password was verified.
        var user = await RequireAsync(caller.Id, cancellationToken);
        if (user.State.External is not null)
        {
            throw SignsInElsewhere();
        }

        PasswordRules.Validate(request.NewPassword, user.State.Email);
        await passwords.RequireAsync(caller, user.State, request.CurrentPassword, cancellationToken);
        if (user.State.MustChangePassword && request.NewPassword == request.CurrentPassword)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "The field 'newPassword' is invalid: expected another password than the one that was set for you.");
        }

        var next = user.State.With(
            new UserChange(PasswordHash: await hashing.HashAsync(request.NewPassword, cancellationToken)));
        var change = Change
            .By(caller, "user.changePassword", StateTypes.User, caller.Id, user.State.To(next), time)
            .Writing(user.Replace(next));
        await SaveAsync(
            change.Writing(await sessions.CarryOverAsync(caller, next.SessionGeneration, null, cancellationToken)), cancellationToken);
    }

    /// <summary>Ends all sessions of the calling person, including the current one.</summary>
    public Task EndSessionsAsync(Caller caller, CancellationToken cancellationToken) =>
        EndSessionsAsync(caller, caller.Id, cancellationToken);

    /// <summary>Ends all sessions of another person, whose password, votes and grants stay as they are.</summary>
    public Task EndSessionsOfAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return EndSessionsAsync(caller, id, cancellationToken);
    }

    private async Task EndSessionsAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(id, cancellationToken);
        var next = user.State with { SessionGeneration = user.State.SessionGeneration + 1 };
        await SaveAsync(
            Change.By(caller, "user.endSessions", StateTypes.User, id, Changes.None.Saying("sessions", "ended"), time)
                .Writing(user.Replace(next)),
            cancellationToken);
    }

    private async Task<(string Id, UserState User)> DraftAsync(CreateUser request, CancellationToken cancellationToken)
    {
        var email = EmailAddress.Validate(request.Email, "The field 'email'");
        var name = DisplayText.ValidateName(request.Name);
        string? hash = null;
        if (request.Password is { } password)
        {
            PasswordRules.Validate(password, email);
            hash = await hashing.HashAsync(password, cancellationToken);
        }

        var user = new UserState
        {
            Email = email,
            Name = name,
            Role = request.ProductRole ?? ProductRole.Member,
            PasswordHash = hash,
            CreatedAt = time.GetUtcNow(),
        };
        return (EntityId.New(IdPrefixes.User, time), user);
    }

    private async Task<UserView> CreateAsync(
        Caller caller, string id, UserState user, InvitationView? invitation, StateWrite[] register, CancellationToken cancellationToken)
    {
        var view = user.ToView(id) with { Invitation = invitation };
        await SaveAsync(
            Change.By(caller, "user.create", StateTypes.User, id, Creation(user, invitation), time)
                .Answering(caller, view)
                .Writing(StateWrite.New(StateTypes.User, id, user))
                .Writing(register),
            cancellationToken);
        return view;
    }

    private async Task<StateWrite[]> RegisterAsync(string id, UserState created, CancellationToken cancellationToken) =>
        created.IsActiveAdministrator ? [await _administrators.WithAsync(id, cancellationToken)] : [];

    private async Task<StateWrite[]> RegisterAsync(
        string id, UserState current, UserState next, CancellationToken cancellationToken) =>
        (current.IsActiveAdministrator, next.IsActiveAdministrator) switch
        {
            (false, true) => [await _administrators.WithAsync(id, cancellationToken)],
            (true, false) => [await _administrators.WithoutAsync(id, cancellationToken)],
            _ => [],
        };

    private async Task<string> HashForOtherAsync(
        Caller caller, Row<UserState> user, string? newEmail, string password, CancellationToken cancellationToken)
    {
        if (caller.Id == user.Id)
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "The field 'password' cannot change your own password: use /me/password, which requires the current one.");
        }

        PasswordRules.Validate(password, newEmail ?? user.State.Email);
        return await hashing.HashAsync(password, cancellationToken);
    }

    private static RefusedException SignsInElsewhere() => new(
        ErrorCode.WrongState, "This user signs in at the identity provider and has no password here: reset the account there.");

    private static bool IsOther(string? email, UserState user) => email is not null && EmailAddress.Normalize(email) != user.Email;

    /// <summary>Whether another person's change gives this person new credentials or enables them.</summary>
    private static bool Entrusts(UserState current, UserState next) =>
        next.PasswordHash != current.PasswordHash
        || next.Email != current.Email
        || (current.Status == PrincipalStatus.Disabled && next.Status == PrincipalStatus.Active);

    /// <summary>
    /// A caller who sets another person's password, or the address that reset links go to, could act as that person and
    /// cast a second vote. It is allowed only for setting up a person without a password and without a vote under a
    /// guarded policy.
    /// </summary>
    private async Task RequireNoResetAsync(Row<UserState> user, CancellationToken cancellationToken)
    {
        if (user.State.PasswordHash is not null || await policies.GiveVoteAsync(user.Id, cancellationToken))
        {
            throw new RefusedException(
                ErrorCode.WrongState,
                "The password or email address of this user cannot be set by others: send the user a link with "
                + $"POST /api/v1/users/{user.Id}/password-reset, or run 'silo reset-password' on the server.");
        }
    }

    private async Task<Row<UserState>> FindByEmailAsync(string email, CancellationToken cancellationToken) =>
        await store.FindByNameAsync<UserState>(StateTypes.User, email, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "No user has this email address.");

    private Task SaveAsync(LedgerElement change, CancellationToken cancellationToken) =>
        ledger.RecordAsync(change, ErrorCode.NameTaken, "The email address is already used by another user.", cancellationToken);

    private async Task<Row<UserState>> RequireAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<UserState>(StateTypes.User, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The user does not exist.");

    private static Changes Creation(UserState user, InvitationView? invitation) => Changes.Making(user.ToRecord())
        .Saying("password", user.PasswordHash is null ? null : "set")
        .Saying("passwordChangeRequired", user.MustChangePassword ? true : null)
        .Saying("invitation", invitation is null ? null : new { Link = invitation.IsMailed ? "mailed" : "shown", invitation.ExpiresAt });
}

/// <summary>The body that creates a person.</summary>
/// <param name="Email">The email address for logging in; unique, case-insensitive.</param>
/// <param name="Name">1 to 64 characters.</param>
/// <param name="Password">
/// The initial password, 12 to 256 characters, which the person must change at the first login; without one the person is
/// invited by a link to choose a password.
/// </param>
/// <param name="ProductRole">The role in the product; defaults to member.</param>
public sealed record CreateUser(string Email, string Name, string? Password = null, ProductRole? ProductRole = null)
{
    /// <summary>Without the password, so that no log can show it.</summary>
    public override string ToString() => nameof(CreateUser);
}

/// <summary>The body that changes a person; absent members stay unchanged.</summary>
/// <param name="Email">
/// The new email address; for a person who has a password only an operator on the server can change it.
/// </param>
/// <param name="Name">The name that others see.</param>
/// <param name="ProductRole">The role in the product.</param>
/// <param name="Status">The new status; disabling ends every session immediately and permanently.</param>
/// <param name="Password">
/// The initial password of a person without one. To replace a lost password, send a reset link.
/// </param>
public sealed record UpdateUser(
    string? Email = null,
    string? Name = null,
    ProductRole? ProductRole = null,
    PrincipalStatus? Status = null,
    string? Password = null)
{
    /// <summary>Without the password, so that no log can show it.</summary>
    public override string ToString() => nameof(UpdateUser);
}

/// <summary>The body that changes the caller's password.</summary>
/// <param name="CurrentPassword">The current password.</param>
/// <param name="NewPassword">12 to 256 characters.</param>
public sealed record ChangePassword(string CurrentPassword, string NewPassword)
{
    /// <summary>The type's name alone, so that no log can show the passwords.</summary>
    public override string ToString() => nameof(ChangePassword);
}
