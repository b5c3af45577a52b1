using CodeSigning.Errors;
using CodeSigning.Grains.Identities.Sessions;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Identities.Users;

/// <inheritdoc cref="IUserGrain"/>
internal sealed class UserGrain(
    [PersistentState(StateTypes.User, "ledger")] IPersistentState<UserState> state,
    AdministratorRegister administrators,
    SessionRows sessions,
    TimeProvider time) : Grain, IUserGrain
{
    private string Id => this.GetPrimaryKeyString();

    public async Task<UserView> CreateAsync(Caller caller, NewUser user, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        await DemandNewAsync(cancellationToken);
        var register = user.Role == ProductRole.Admin ? await administrators.WithAsync(Id, cancellationToken) : null;
        return await CreateAsync(caller, user, register, cancellationToken);
    }

    public async Task<UserView> CreateFirstAdministratorAsync(NewUser user, CancellationToken cancellationToken)
    {
        await DemandNewAsync(cancellationToken);
        var register = await administrators.WithFirstAsync(Id, cancellationToken);
        return await CreateAsync(Caller.System, user with { Role = ProductRole.Admin }, register, cancellationToken);
    }

    public async Task<UserView> UpdateAsync(Caller caller, UserChange change, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        var current = await DemandAsync(cancellationToken);
        var next = current.With(change);
        if (next == current)
        {
            return current.ToView(Id);
        }

        var record = Change.By(caller, "user.update", StateTypes.User, Id, WhatChanges(current, next), time);
        await SaveAsync(next, await WithRegisterAsync(record, current, next, cancellationToken), cancellationToken);
        return next.ToView(Id);
    }

    public async Task DeleteAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandAdministrator(caller);
        var current = await DemandAsync(cancellationToken);
        var record = Change.By(caller, "user.delete", StateTypes.User, Id, new { current.Email, current.Name }, time);
        if (current.IsActiveAdministrator)
        {
            record = record with { AlsoWrites = [await administrators.WithoutAsync(Id, cancellationToken)] };
        }

        await state.ClearRecordedAsync(record, cancellationToken);
        DeactivateOnIdle();
    }

    public async Task ChangePasswordAsync(
        Caller caller, StateVersion verified, string passwordHash, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandSelf(caller, Id);
        var current = await DemandAsync(cancellationToken);
        if (verified != state.VersionOf(StateTypes.User, Id))
        {
            throw new RefusedException(ErrorCode.Conflict, "The account changed at the same time. Try again.");
        }

        var next = current.With(new UserChange(PasswordHash: passwordHash));
        var record = Change.By(caller, "user.changePassword", StateTypes.User, Id, new { }, time);
        if (await sessions.CarryOverAsync(caller, next.SessionGeneration, cancellationToken) is { } own)
        {
            record = record with { AlsoWrites = [own] };
        }

        await SaveAsync(next, record, cancellationToken);
    }

    public async Task EndSessionsAsync(Caller caller, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandSelf(caller, Id);
        var current = await DemandAsync(cancellationToken);
        var next = current with { SessionGeneration = current.SessionGeneration + 1 };
        await SaveAsync(next, Change.By(caller, "user.endSessions", StateTypes.User, Id, new { }, time), cancellationToken);
    }

    public async Task<PrincipalFacts> GetFactsAsync()
    {
        await state.ReadStateAsync(CancellationToken.None);
        var version = state.VersionOf(StateTypes.User, Id);
        return state.RecordExists
            ? new PrincipalFacts(version, state.State.Name, state.State.Status)
            : new PrincipalFacts(version, "", PrincipalStatus.Disabled);
    }

    private async Task<UserView> CreateAsync(
        Caller caller, NewUser user, StateWrite? register, CancellationToken cancellationToken)
    {
        var next = new UserState
        {
            Email = user.Email,
            Name = user.Name,
            Role = user.Role,
            PasswordHash = user.PasswordHash,
            CreatedAt = time.GetUtcNow(),
        };
        var view = next.ToView(Id);
        var record = Change.By(
            caller, "user.create", StateTypes.User, Id, new { user.Email, user.Name, ProductRole = user.Role }, time);
        if (register is not null)
        {
            record = record with { AlsoWrites = [register] };
        }

        await SaveAsync(next, record.Answering(caller, view), cancellationToken);
        return view;
    }

    private async Task<PendingChange> WithRegisterAsync(
        PendingChange record, UserState current, UserState next, CancellationToken cancellationToken) =>
        (current.IsActiveAdministrator, next.IsActiveAdministrator) switch
        {
            (false, true) => record with { AlsoWrites = [await administrators.WithAsync(Id, cancellationToken)] },
            (true, false) => record with { AlsoWrites = [await administrators.WithoutAsync(Id, cancellationToken)] },
            _ => record,
        };

    private async Task SaveAsync(UserState next, PendingChange record, CancellationToken cancellationToken)
    {
        try
        {
            await state.WriteRecordedAsync(next, record, cancellationToken);
        }
        catch (CommitRefusedException refusal) when (refusal.Reason == CommitRefusal.NameTaken)
        {
            throw new RefusedException(ErrorCode.NameTaken, "Another person has this email address.");
        }
    }

    private async Task DemandNewAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        if (state.RecordExists)
        {
            throw new RefusedException(ErrorCode.Conflict, "This person exists already.");
        }
    }

    private async Task<UserState> DemandAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        return state.RecordExists
            ? state.State
            : throw new RefusedException(ErrorCode.NotFound, "There is no such person.");
    }

    private static object WhatChanges(UserState current, UserState next) => new
    {
        Email = next.Email == current.Email ? null : next.Email,
        Name = next.Name == current.Name ? null : next.Name,
        ProductRole = next.Role == current.Role ? (ProductRole?)null : next.Role,
        Status = next.Status == current.Status ? (PrincipalStatus?)null : next.Status,
        Password = next.PasswordHash == current.PasswordHash ? null : "replaced",
    };
}
