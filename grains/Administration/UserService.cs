using CodeSigning.Errors;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.AspNetCore.Identity;

namespace CodeSigning.Grains.Administration;

/// <summary>Makes and changes people. Product administrators only, but for what says otherwise.</summary>
/// <remarks>Everything here refuses with <see cref="RefusedException"/>.</remarks>
public sealed class UserService(
    IStateStore store,
    ILedger ledger,
    PasswordHashing hashing,
    LoginThrottle throttle,
    SessionRows sessions,
    GuardedPolicies policies,
    TimeProvider time)
{
    private readonly AdministratorRegister _administrators = new(store);

    // Each costs two slow hashes, for which people who log in wait.
    private readonly PrincipalBudget _passwordChanges = new(new BudgetRule(10, 0.1), time);

    /// <summary>Makes a person; <c>NameTaken</c> where another has the address.</summary>
    public async Task<UserView> CreateAsync(Caller caller, CreateUser request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var (id, user) = await DraftAsync(request, cancellationToken);
        return await CreateAsync(
            caller, id, user, user.IsActiveAdministrator ? await _administrators.WithAsync(id, cancellationToken) : null, cancellationToken);
    }

    /// <summary>
    /// Makes the first administrator of a store that has none; of several nodes that try at once, one succeeds.
    /// <c>WrongState</c> where there is, or ever was, an administrator.
    /// </summary>
    internal async Task<UserView> CreateFirstAdministratorAsync(CreateUser request, CancellationToken cancellationToken)
    {
        var (id, user) = await DraftAsync(request with { ProductRole = ProductRole.Admin }, cancellationToken);
        return await CreateAsync(
            Caller.System, id, user, await _administrators.WithFirstAsync(id, cancellationToken), cancellationToken);
    }

    /// <summary>Changes a person.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c> where it would leave the product without an active administrator, and where it would give the caller
    /// the credentials of another: see <see cref="PasswordResets"/>.
    /// </exception>
    public async Task<UserView> UpdateAsync(
        Caller caller, string id, UpdateUser request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var user = await RequireAsync(id, cancellationToken);
        var isOther = caller.Kind != PrincipalKind.System && caller.Id != id;
        if (isOther && (request.Password is not null || IsOther(request.Email, user.State)))
        {
            await RequireNoResetAsync(user, cancellationToken);
        }

        var change = new UserChange(
            request.Email is null ? null : EmailAddress.Validate(request.Email),
            request.Name is null ? null : DisplayText.ValidateName(request.Name),
            request.ProductRole,
            request.Status,
            request.Password is { } password
                ? await HashForOtherAsync(caller, user, request.Email, password, cancellationToken)
                : null);
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
    /// Gives a person another password, and another address where one is named: for whoever is on the server itself. Every
    /// session of the person ends, and their votes on requests made before do not count.
    /// </summary>
    /// <exception cref="RefusedException"><c>NotFound</c>, <c>NameTaken</c>, <c>InvalidRequest</c>.</exception>
    public async Task<UserView> ResetAsync(string email, string? newEmail, string password, CancellationToken cancellationToken)
    {
        var user = await FindByEmailAsync(EmailAddress.Validate(email), cancellationToken);
        var address = newEmail is null ? user.State.Email : EmailAddress.Validate(newEmail);
        PasswordRules.Validate(password, address);
        var change = new UserChange(Email: address, PasswordHash: await hashing.HashAsync(password, cancellationToken));
        var next = user.State.With(change) with { VotesFrom = time.GetUtcNow() };
        await SaveAsync(
            Change.By(Caller.System, "user.reset", StateTypes.User, user.Id, user.State.To(next), time)
                .Writing(user.Replace(next)),
            cancellationToken);
        return next.ToView(user.Id);
    }

    /// <summary>The person of an address.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>.</exception>
    public async Task<UserView> GetByEmailAsync(string email, CancellationToken cancellationToken)
    {
        var user = await FindByEmailAsync(EmailAddress.Validate(email), cancellationToken);
        return user.State.ToView(user.Id);
    }

    /// <summary>Deletes a person, never the last administrator; tokens end at once, ledger entries stay.</summary>
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        var user = await RequireAsync(id, cancellationToken);
        var change = Change
            .By(caller, "user.delete", StateTypes.User, id, Changes.Deleting(user.State.ToRecord()), time)
            .Writing(user.Remove());
        await SaveAsync(
            user.State.IsActiveAdministrator
                ? change.Writing(await _administrators.WithoutAsync(id, cancellationToken))
                : change,
            cancellationToken);
    }

    /// <summary>Gives the caller another password. Its other sessions end; the one it asks in goes on.</summary>
    /// <exception cref="RefusedException"><c>Forbidden</c> where the current password is another; <c>RateLimited</c>.</exception>
    public async Task ChangePasswordAsync(Caller caller, ChangePassword request, CancellationToken cancellationToken)
    {
        if (caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only people have passwords.");
        }

        // The version whose password was verified is the one that is replaced.
        var user = await RequireAsync(caller.Id, cancellationToken);
        PasswordRules.Validate(request.NewPassword, user.State.Email);
        if (!_passwordChanges.TrySpend(caller.Id, out var wait))
        {
            throw new RefusedException(
                ErrorCode.RateLimited, "You change your password too often. Wait as long as Retry-After says.")
            {
                RetryAfter = wait,
            };
        }

        using (var attempt = throttle.Begin(PrincipalKind.User, user.State.Email, caller.Address))
        {
            if (request.CurrentPassword.Length > PasswordRules.MaxLength
                || await hashing.VerifyAsync(user.State.PasswordHash, request.CurrentPassword, cancellationToken)
                    == PasswordVerificationResult.Failed)
            {
                attempt.Fail();
                throw new RefusedException(ErrorCode.Forbidden, "Current password is incorrect.");
            }

            attempt.Succeed();
        }

        var next = user.State.With(
            new UserChange(PasswordHash: await hashing.HashAsync(request.NewPassword, cancellationToken)));
        var change = Change
            .By(caller, "user.changePassword", StateTypes.User, caller.Id, user.State.To(next), time)
            .Writing(user.Replace(next));
        await SaveAsync(
            await sessions.CarryOverAsync(caller, next.SessionGeneration, cancellationToken) is { } own
                ? change.Writing(own)
                : change,
            cancellationToken);
    }

    /// <summary>The person ends all of its sessions, the one that it asks in too.</summary>
    public async Task EndSessionsAsync(Caller caller, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller.Id, cancellationToken);
        var next = user.State with { SessionGeneration = user.State.SessionGeneration + 1 };
        await SaveAsync(
            Change.By(caller, "user.endSessions", StateTypes.User, caller.Id, Changes.None.Saying("sessions", "ended"), time)
                .Writing(user.Replace(next)),
            cancellationToken);
    }

    private async Task<(string Id, UserState User)> DraftAsync(CreateUser request, CancellationToken cancellationToken)
    {
        var email = EmailAddress.Validate(request.Email);
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
        Caller caller, string id, UserState user, StateWrite? register, CancellationToken cancellationToken)
    {
        var view = user.ToView(id);
        var change = Change
            .By(caller, "user.create", StateTypes.User, id, Creation(user), time)
            .Answering(caller, view)
            .Writing(StateWrite.New(StateTypes.User, id, user));
        await SaveAsync(register is null ? change : change.Writing(register), cancellationToken);
        return view;
    }

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
                ErrorCode.Forbidden, "Change your own password at /me/password, where the current one is asked for.");
        }

        PasswordRules.Validate(password, newEmail ?? user.State.Email);
        return await hashing.HashAsync(password, cancellationToken);
    }

    private static bool IsOther(string? email, UserState user) => email is not null && EmailAddress.Normalize(email) != user.Email;

    /// <summary>Whether a change by somebody else makes a person able to act who was not, or not in this way.</summary>
    private static bool Entrusts(UserState current, UserState next) =>
        next.PasswordHash != current.PasswordHash
        || next.Email != current.Email
        || (current.Status == PrincipalStatus.Disabled && next.Status == PrincipalStatus.Active);

    /// <summary>
    /// Whoever sets another's password, or the address that a link for one goes to, can act as them and has a second vote.
    /// That is set-up for a person who has no password yet and no vote under a policy that guards itself.
    /// </summary>
    private async Task RequireNoResetAsync(Row<UserState> user, CancellationToken cancellationToken)
    {
        if (user.State.PasswordHash is not null || await policies.GiveVoteAsync(user.Id, cancellationToken))
        {
            throw new RefusedException(
                ErrorCode.WrongState,
                "Nobody sets the password or the address of another who may have used theirs. Send them a link with "
                + $"POST /api/v1/users/{user.Id}/password-reset, or run 'silo reset-password' on the server.");
        }
    }

    private async Task<Row<UserState>> FindByEmailAsync(string email, CancellationToken cancellationToken)
    {
        var found = await store.ListAsync(new StateQuery(StateTypes.User, Name: email, Limit: 1), cancellationToken);
        return found.Count == 1 && found[0].ToRow<UserState>() is { } user && user.State.Email == email
            ? user
            : throw new RefusedException(ErrorCode.NotFound, "There is no person with this address.");
    }

    private Task SaveAsync(LedgerElement change, CancellationToken cancellationToken) =>
        ledger.RecordAsync(change, ErrorCode.NameTaken, "Another person has this email address.", cancellationToken);

    private async Task<Row<UserState>> RequireAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<UserState>(StateTypes.User, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The user does not exist.");

    private static Changes Creation(UserState user) =>
        Changes.Making(user.ToRecord()).Saying("password", user.PasswordHash is null ? null : "set");
}

/// <summary>A person to be made.</summary>
/// <param name="Email">The address to sign in with; no two people share one, whatever the letter case.</param>
/// <param name="Name">1 to 64 characters.</param>
/// <param name="Password">The first password, 12 to 256 characters; without one the person cannot sign in with a password yet.</param>
/// <param name="ProductRole">The role in the product; a member if not given.</param>
public sealed record CreateUser(string Email, string Name, string? Password = null, ProductRole? ProductRole = null)
{
    /// <summary>Without the password, so that no log can show it.</summary>
    public override string ToString() => nameof(CreateUser);
}

/// <summary>What of a person shall change; what is absent stays.</summary>
/// <param name="Email">The address to sign in with; of a person who has a password, the server's operator alone changes it.</param>
/// <param name="Name">The name that others see.</param>
/// <param name="ProductRole">The role in the product.</param>
/// <param name="Status">Disabling ends every session at once and for good.</param>
/// <param name="Password">The first password of a person who has none yet. Who has lost theirs gets a link.</param>
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

/// <summary>The caller's own password, and the one to take its place.</summary>
/// <param name="CurrentPassword">The password that is in force.</param>
/// <param name="NewPassword">12 to 256 characters.</param>
public sealed record ChangePassword(string CurrentPassword, string NewPassword)
{
    /// <summary>Nothing of it, so that no log can show it.</summary>
    public override string ToString() => nameof(ChangePassword);
}
