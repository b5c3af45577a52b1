using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Administration;

/// <summary>
/// The caller's own passkeys. Who adds or removes one proves the password again, and the second factor where there is one,
/// so that a stolen session does neither.
/// </summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>; machine identities always, with <c>Forbidden</c>.</remarks>
public sealed class OwnPasskeys(
    IStateStore store,
    ILedger ledger,
    PasskeyChallenges challenges,
    SecondFactors factors,
    OwnPassword passwords,
    SessionRows sessions,
    IOptions<PasskeyOptions> options,
    TimeProvider time)
{
    private const int Most = 20;
    private static readonly TimeSpan ProofLife = TimeSpan.FromMinutes(10);

    /// <summary>The caller's passkeys.</summary>
    public async Task<PasskeysView> ListAsync(Caller caller, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        var views = ImmutableArray.CreateBuilder<PasskeyView>();
        foreach (var passkey in user.State.Passkeys)
        {
            var row = await store.FindAsync<PasskeyState>(StateTypes.Passkey, PasskeyState.RowIdOf(passkey.CredentialId), cancellationToken);
            views.Add(new PasskeyView(passkey.Id, passkey.Name, passkey.CreatedAt, row?.State.LastUsedAt));
        }

        return new PasskeysView(views.ToImmutable());
    }

    /// <summary>Begins to add a passkey.</summary>
    /// <exception cref="RefusedException">
    /// <c>Forbidden</c> if password or code are incorrect; <c>SecondFactorRequired</c>; <c>RateLimited</c>.
    /// </exception>
    public async Task<PasskeyCreationView> BeginAsync(Caller caller, ProveOwner request, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        if (await ProveAsync(caller, user, request, cancellationToken) is { } proved)
        {
            await ledger.RecordAsync(
                new LedgerElement { Entry = proved.Entry, ReadSet = caller.ReadSet, Until = caller.Until, Writes = [proved.Write] }, cancellationToken);
        }

        return options.Value.ToCreation(challenges.Make(PasskeyPurpose.Add, caller.SessionId!), caller.Id, user.State);
    }

    /// <summary>
    /// Adds a passkey. Where it is the first second factor, the caller's other sessions end, since they had none.
    /// </summary>
    /// <exception cref="RefusedException">
    /// <c>InvalidRequest</c>: the authenticator's answer is invalid; <c>Conflict</c>: the passkey is known, or there are too many.
    /// </exception>
    public async Task<PasskeyView> AddAsync(Caller caller, AddPasskey request, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        var name = DisplayText.ValidateName(request.Name);
        var (made, use) = await VerifyAsync(caller, request, cancellationToken);
        var rowId = PasskeyState.RowIdOf(made.CredentialId);
        if (user.State.Passkeys.Length >= Most || await store.ReadAsync(StateTypes.Passkey, rowId, cancellationToken) is not null)
        {
            throw new RefusedException(ErrorCode.Conflict, $"The passkey is known already, or you have {Most} of them, the most that a person can have.");
        }

        var passkey = new Passkey(EntityId.New(IdPrefixes.Passkey, time), name, made.CredentialId, made.PublicKey, time.GetUtcNow());
        var counter = new PasskeyState { UserId = caller.Id, PasskeyId = passkey.Id, SignCount = made.SignCount };
        var next = user.State with
        {
            Passkeys = user.State.Passkeys.Add(passkey),
            SessionGeneration = user.State.SessionGeneration + (user.State.HasSecondFactor ? 0 : 1),
        };
        await ledger.RecordAsync(
            Change.By(caller, "user.addPasskey", StateTypes.User, caller.Id, Changes.None.Adding("passkeys", ToRecord(passkey)), time)
                .Writing(user.Replace(next), StateWrite.New(StateTypes.Passkey, rowId, counter), use)
                .Writing(await CarryOverAsync(caller, user.State, next, AuthenticationMethod.Passkey, cancellationToken)),
            cancellationToken);
        return new PasskeyView(passkey.Id, passkey.Name, passkey.CreatedAt, null);
    }

    /// <summary>Removes a passkey; the caller's other sessions end.</summary>
    /// <exception cref="RefusedException">
    /// <c>NotFound</c>; <c>Forbidden</c> if password or code are incorrect; <c>SecondFactorRequired</c>; <c>RateLimited</c>.
    /// </exception>
    public async Task RemoveAsync(Caller caller, string id, ProveOwner request, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        var passkey = user.State.Passkeys.FirstOrDefault(one => one.Id == id)
            ?? throw new RefusedException(ErrorCode.NotFound, "The passkey does not exist.");
        var proved = await ProveAsync(caller, user, request, cancellationToken);
        var next = user.State with
        {
            Passkeys = user.State.Passkeys.RemoveAll(one => one.Id == id),
            SessionGeneration = user.State.SessionGeneration + 1,
        };
        var change = Change.By(caller, "user.removePasskey", StateTypes.User, caller.Id, Changes.None.Removing("passkeys", ToRecord(passkey)), time)
            .Writing(user.Replace(next))
            .Writing(await PasskeyRows.RemoveAsync(store, [passkey], cancellationToken))
            .Writing(proved is null ? [] : [proved.Write])
            .Writing(await CarryOverAsync(caller, user.State, next, null, cancellationToken));
        await ledger.RecordAsync(proved?.Entry is { } entry ? change with { With = [new LedgerElement { Entry = entry }] } : change, cancellationToken);
    }

    /// <summary>A challenge for a step-up by one of the caller's passkeys.</summary>
    /// <exception cref="RefusedException"><c>WrongState</c> if the caller has none.</exception>
    public async Task<PasskeyRequestView> ChallengeAsync(Caller caller, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        return user.State.Passkeys.IsEmpty
            ? throw new RefusedException(ErrorCode.WrongState, "You have no passkey: add one at POST /api/v1/me/passkeys/begin first.")
            : options.Value.ToRequest(challenges.Make(PasskeyPurpose.StepUp, caller.SessionId!), user.State.Passkeys);
    }

    private async Task<(VerifiedPasskey Made, StateWrite Use)> VerifyAsync(Caller caller, AddPasskey request, CancellationToken cancellationToken)
    {
        var clientData = PasskeyText.Read(request.ClientDataJson, "clientDataJson");
        var challenge = PasskeyVerifier.ReadChallenge(clientData);
        if (challenges.Use(challenge, PasskeyPurpose.Add, caller.SessionId!) is not { } use
            || await store.ReadAsync(use.Type, use.Id, cancellationToken) is not null)
        {
            throw new RefusedException(
                ErrorCode.InvalidRequest, "The challenge does not count, or not any more: begin again at POST /api/v1/me/passkeys/begin.");
        }

        var made = await PasskeyVerifier.VerifyRegistrationAsync(
            clientData,
            PasskeyText.Read(request.AttestationObject, "attestationObject"),
            PasskeyText.Read(request.CredentialId, "credentialId"),
            challenge!,
            caller.Id,
            options.Value,
            cancellationToken);
        return made is null
            ? throw new RefusedException(
                ErrorCode.InvalidRequest, $"The authenticator's answer is invalid: expected a passkey for {options.Value.Origin} with user verification.")
            : (made, use);
    }

    /// <summary>Proves the caller; null where the session has proved the second factor already.</summary>
    private async Task<ProvedFactor?> ProveAsync(
        Caller caller, Row<UserState> user, ProveOwner request, CancellationToken cancellationToken)
    {
        await passwords.RequireAsync(caller, user.State, request.CurrentPassword, cancellationToken);
        if (user.State.HasSecondFactor && request.Code is null && !(caller.SecondFactorAt + ProofLife > time.GetUtcNow()))
        {
            throw new RefusedException(
                ErrorCode.SecondFactorRequired, "A second factor is needed: send 'code', or prove it at POST /api/v1/auth/step-up within ten minutes before.");
        }

        if (request.Code is not { } code)
        {
            return null;
        }

        var factor = user.State.Totp ?? throw new RefusedException(
            ErrorCode.InvalidRequest, "The field 'code' is not expected: no authenticator app is enrolled.");
        return await factors.ProveAsync(caller, factor, code, cancellationToken)
            ?? throw new RefusedException(ErrorCode.Forbidden, "The code is incorrect or was used already: wait for the next one.");
    }

    private async Task<StateWrite[]> CarryOverAsync(
        Caller caller, UserState before, UserState next, AuthenticationMethod? proved, CancellationToken cancellationToken) =>
        before.SessionGeneration == next.SessionGeneration
            ? []
            : await sessions.CarryOverAsync(caller, next.SessionGeneration, proved, cancellationToken);

    private static object ToRecord(Passkey passkey) => new { passkey.Id, passkey.Name };

    private async Task<Row<UserState>> RequireAsync(Caller caller, CancellationToken cancellationToken) =>
        caller.Kind != PrincipalKind.User
            ? throw new RefusedException(ErrorCode.Forbidden, "Machine identities have no passkeys.")
            : await store.FindAsync<UserState>(StateTypes.User, caller.Id, cancellationToken)
                ?? throw new RefusedException(ErrorCode.Unauthenticated, "The session has ended: sign in again.");
}
