using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Administration;

/// <summary>
/// The caller's own second factors. Whatever changes them requires the password again, and the factor itself where there is
/// one, so that a stolen session neither removes nor replaces it.
/// </summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>; machine identities always, with <c>Forbidden</c>.</remarks>
public sealed class OwnFactors(
    IStateStore store,
    ILedger ledger,
    ISecretSealer sealer,
    SecondFactors factors,
    OwnPassword passwords,
    PasskeyProofs passkeys,
    SessionRows sessions,
    TimeProvider time)
{
    private static readonly TimeSpan EnrolmentLife = TimeSpan.FromMinutes(10);

    /// <summary>The caller's second factors.</summary>
    public async Task<FactorsView> DescribeAsync(Caller caller, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        if (user.State.Totp is not { } totp)
        {
            return new FactorsView(null, 0);
        }

        var used = await factors.FindAsync(caller.Id, cancellationToken) ?? throw new StateTamperedException(StateTypes.SecondFactor, caller.Id);
        return new FactorsView(new TotpFactorView(totp.EnrolledAt), used.State.RecoveryCodes.Length);
    }

    /// <summary>Begins the enrolment of an authenticator app, in the place of any enrolment begun before.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c> if one is enrolled; <c>Forbidden</c> if the password is incorrect; <c>RateLimited</c>.
    /// </exception>
    public async Task<TotpEnrolmentView> BeginTotpAsync(Caller caller, EnrolTotp request, CancellationToken cancellationToken)
    {
        var user = await RequireWithoutFactorAsync(caller, cancellationToken);
        await passwords.RequireAsync(caller, user.State, request.CurrentPassword, cancellationToken);
        var secret = TotpRules.NewSecret();
        var enrolment = new TotpEnrolmentState(sealer.Seal(secret, Context(caller.Id)), time.GetUtcNow() + EnrolmentLife);
        var before = await store.FindAsync<TotpEnrolmentState>(StateTypes.TotpEnrolment, caller.Id, cancellationToken);
        var begun = Changes.None.Saying("secondFactor", new { Totp = "begun", enrolment.ExpiresAt });
        await ledger.RecordAsync(
            Change.By(caller, "user.beginSecondFactor", StateTypes.User, caller.Id, begun, time)
                .Reading(user.ToVersion())
                .Writing(before?.Replace(enrolment) ?? StateWrite.New(StateTypes.TotpEnrolment, caller.Id, enrolment)),
            cancellationToken);
        return new TotpEnrolmentView(
            TotpRules.ToText(secret), TotpRules.ToUri(secret, user.State.Email.Length == 0 ? user.State.Name : user.State.Email), enrolment.ExpiresAt);
    }

    /// <summary>
    /// Enrols the authenticator app by its first code. The caller's other sessions end, since they had no second factor; the
    /// current one continues.
    /// </summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c> if no enrolment was begun or it has expired; <c>Forbidden</c> if the code is incorrect.
    /// </exception>
    public async Task<RecoveryCodesView> ConfirmTotpAsync(Caller caller, ConfirmTotp request, CancellationToken cancellationToken)
    {
        var user = await RequireWithoutFactorAsync(caller, cancellationToken);
        var enrolment = await store.FindAsync<TotpEnrolmentState>(StateTypes.TotpEnrolment, caller.Id, cancellationToken);
        var now = time.GetUtcNow();
        if (enrolment is null || enrolment.State.ExpiresAt <= now)
        {
            throw new RefusedException(
                ErrorCode.WrongState, "No enrolment is pending: begin one at POST /api/v1/me/factors/totp, and confirm it within ten minutes.");
        }

        var secret = sealer.TryOpen(enrolment.State.SealedSecret, Context(caller.Id), out var opened)
            ? opened
            : throw new StateTamperedException(StateTypes.TotpEnrolment, caller.Id);
        var step = TotpRules.FindStep(secret, request.Code, lastStep: 0, now) ?? throw IncorrectCode();
        var recoveryCodes = RecoveryCodes.New();
        var next = user.State with
        {
            Totp = new TotpFactor(factors.Seal(secret, caller.Id), now),
            SessionGeneration = user.State.SessionGeneration + 1,
        };
        await ledger.RecordAsync(
            Change.By(caller, "user.enrolSecondFactor", StateTypes.User, caller.Id, user.State.To(next), time)
                .Writing(user.Replace(next), enrolment.Remove(), SecondFactors.Begin(caller.Id, step, recoveryCodes))
                .Writing(await sessions.CarryOverAsync(caller, next.SessionGeneration, AuthenticationMethod.Totp, cancellationToken)),
            cancellationToken);
        return new RecoveryCodesView(recoveryCodes);
    }

    /// <summary>Removes the authenticator app and the recovery codes.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c> if none is enrolled; <c>Forbidden</c> if password or code are incorrect; <c>RateLimited</c>.
    /// </exception>
    public async Task RemoveTotpAsync(Caller caller, ProveFactors request, CancellationToken cancellationToken)
    {
        var (user, proved) = await ProveBothAsync(caller, request, cancellationToken);
        var next = user.State with { Totp = null };
        var rows = await SecondFactorRows.RemoveAsync(store, caller.Id, cancellationToken);
        await ledger.RecordAsync(
            // Both replace the row's version that the code was proved by: a code that was used meanwhile removes nothing.
            With(Change.By(caller, "user.removeSecondFactor", StateTypes.User, caller.Id, user.State.To(next), time), proved)
                .Writing(user.Replace(next), proved.Write with { Content = null, Index = StateIndex.None })
                .Writing(rows.Where(row => row.Type != StateTypes.SecondFactor)),
            cancellationToken);
    }

    /// <summary>Replaces all recovery codes.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c> if no factor is enrolled; <c>Forbidden</c> if password or code are incorrect; <c>RateLimited</c>.
    /// </exception>
    public async Task<RecoveryCodesView> RenewRecoveryCodesAsync(Caller caller, ProveFactors request, CancellationToken cancellationToken)
    {
        var (user, proved) = await ProveBothAsync(caller, request, cancellationToken);
        var recoveryCodes = RecoveryCodes.New();
        var used = StateJson.Read<SecondFactorState>(proved.Write.Content!.Value.Span);
        var next = used with { RecoveryCodes = RecoveryCodes.Hash(caller.Id, recoveryCodes) };
        var renewed = Changes.None.Replacing("recoveryCodesLeft", used.RecoveryCodes.Length, next.RecoveryCodes.Length);
        await ledger.RecordAsync(
            With(Change.By(caller, "user.renewRecoveryCodes", StateTypes.User, caller.Id, renewed, time), proved)
                .Reading(user.ToVersion())
                .Writing(proved.Write with { Content = StateJson.Write(next) }),
            cancellationToken);
        return new RecoveryCodesView(recoveryCodes);
    }

    /// <summary>Proves the second factor again in the caller's session, which notes the time.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="request">The code.</param>
    /// <param name="renewsToken">Whether the session gets another token, and the present one ends.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c> if no factor is enrolled; <c>Forbidden</c> if the code or the passkey's answer is incorrect;
    /// <c>InvalidRequest</c> if there is not exactly one of them; <c>RateLimited</c>.
    /// </exception>
    public async Task<SteppedUp> StepUpAsync(
        Caller caller, StepUp request, bool renewsToken, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        var session = await store.FindAsync<SessionState>(StateTypes.Session, caller.SessionId!, cancellationToken)
            ?? throw new RefusedException(ErrorCode.Unauthenticated, "The session has ended: sign in again.");
        var (method, entry, writes) = await ProveEitherAsync(caller, user, request, cancellationToken);
        var token = renewsToken ? SessionToken.New(session.Id) : null;
        var next = session.State.With(method, time.GetUtcNow());
        next = token is null ? next : next with { TokenHash = SessionToken.Hash(token) };
        var element = new LedgerElement
        {
            Entry = entry,
            ReadSet = caller.ReadSet,
            Until = caller.Until,
            Writes = [.. writes, session.Replace(next)],
        };
        await ledger.RecordAsync(element, cancellationToken);
        return new SteppedUp(next.ToView(session.Id, session.Id), token);
    }

    private async Task<(AuthenticationMethod Method, EntryDraft? Entry, IEnumerable<StateWrite> Writes)> ProveEitherAsync(
        Caller caller, Row<UserState> user, StepUp request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case { Code: { } code, Passkey: null }:
                var proved = await ProveAsync(caller, user, code, cancellationToken);
                return (proved.Method, proved.Entry, [proved.Write]);
            case { Code: null, Passkey: { } assertion }:
                var passkey = await passkeys.ProveAsync(assertion, PasskeyPurpose.StepUp, caller.SessionId!, caller.Address, cancellationToken);
                return passkey?.User.Id == caller.Id
                    ? (AuthenticationMethod.Passkey, null, passkey.Writes)
                    : throw new RefusedException(ErrorCode.Forbidden, "The passkey's answer is incorrect: begin again at POST /api/v1/me/passkeys/challenge.");
            default:
                throw new RefusedException(ErrorCode.InvalidRequest, "The field 'code' or the field 'passkey' is expected, and not both.");
        }
    }

    // A recovery code that proves a change is used up by it, and its entry is committed with the change.
    private static LedgerElement With(LedgerElement change, ProvedFactor proved) => proved.Entry is { } entry
        ? change with { With = [new LedgerElement { Entry = entry }] }
        : change;

    private async Task<(Row<UserState> User, ProvedFactor Proved)> ProveBothAsync(
        Caller caller, ProveFactors request, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        RequireFactor(user.State);
        await passwords.RequireAsync(caller, user.State, request.CurrentPassword, cancellationToken);
        return (user, await ProveAsync(caller, user, request.Code, cancellationToken));
    }

    private async Task<ProvedFactor> ProveAsync(Caller caller, Row<UserState> user, string code, CancellationToken cancellationToken) =>
        await factors.ProveAsync(caller, RequireFactor(user.State), code, cancellationToken) ?? throw IncorrectCode();

    private static TotpFactor RequireFactor(UserState user) => user.Totp ?? throw new RefusedException(
        ErrorCode.WrongState, "You have no second factor: enrol one at POST /api/v1/me/factors/totp first.");

    private async Task<Row<UserState>> RequireWithoutFactorAsync(Caller caller, CancellationToken cancellationToken)
    {
        var user = await RequireAsync(caller, cancellationToken);
        return user.State.Totp is null
            ? user
            : throw new RefusedException(ErrorCode.WrongState, "An authenticator app is enrolled already: remove it first.");
    }

    private async Task<Row<UserState>> RequireAsync(Caller caller, CancellationToken cancellationToken) =>
        caller.Kind != PrincipalKind.User
            ? throw new RefusedException(ErrorCode.Forbidden, "Machine identities have no second factor.")
            : await store.FindAsync<UserState>(StateTypes.User, caller.Id, cancellationToken)
                ?? throw new RefusedException(ErrorCode.Unauthenticated, "The session has ended: sign in again.");

    private static RefusedException IncorrectCode() =>
        new(ErrorCode.Forbidden, "The code is incorrect or was used already: wait for the next one.");

    private static byte[] Context(string userId) => Encoding.ASCII.GetBytes("totp-enrolment/" + userId);
}

/// <summary>A session in which a second factor was proved again.</summary>
/// <param name="Session">The session.</param>
/// <param name="NewToken">Its new token; null if it keeps the present one.</param>
public sealed record SteppedUp(SessionView Session, string? NewToken)
{
    /// <summary>Without the token, so that no log can show it.</summary>
    public override string ToString() => $"{nameof(SteppedUp)} {{ Session = {Session.Id} }}";
}
