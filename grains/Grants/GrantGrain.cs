using System.Globalization;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Grants;

/// <summary>
/// A grant. What it decides in memory (<see cref="_grant"/>, <see cref="_used"/>) is a proposal: the commit checks the
/// grant's version, its window by the database's clock, and its count under lock.
/// </summary>
public sealed partial class GrantGrain(
    [PersistentState(StateTypes.Grant, "ledger")] IPersistentState<GrantState> state,
    IStateStore states,
    ILedgerReader ledger,
    RequestFactsReader requests,
    TimeProvider time) : Grain, IGrantGrain
{
    private const int MaxReason = 1024;
    private readonly UsesUnderWay _underWay = new(time);
    private GrantState? _grant;
    private long _version;
    private long _used;
    private bool _isNoting;

    private string Id => this.GetPrimaryKeyString();

    private StateVersion Version => new(StateTypes.Grant, Id, _version);

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.RecordExists)
        {
            Take(state.State, SavedVersion());
            _used = await ledger.CountUsesAsync(Id, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<GrantView> GetAsync(Caller caller)
    {
        var grant = await ReadAsync(CancellationToken.None);
        if (caller.ToRef() != grant.Grantee)
        {
            await AuthorizeAsync(grant, caller, SignerAction.Read);
        }

        return GrantRules.View(grant, await ledger.CountUsesAsync(Id, CancellationToken.None), time.GetUtcNow());
    }

    /// <inheritdoc/>
    public async Task<GrantView> RevokeAsync(Caller caller, RevokeGrant request, CancellationToken cancellationToken)
    {
        var grant = await ReadAsync(cancellationToken);
        var access = await AuthorizeAsync(grant, caller, SignerAction.Revoke);
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > MaxReason)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"Give a reason of 1 to {MaxReason} characters.");
        }

        var used = await ledger.CountUsesAsync(Id, cancellationToken);
        var status = GrantRules.StatusOf(grant, used, time.GetUtcNow());
        if (status != GrantStatus.Active)
        {
            throw new RefusedException(ErrorCode.WrongState, $"The grant is {status.ToString().ToLowerInvariant()} already.");
        }

        var revoked = grant.Revoke(caller.ToRef(), request.Reason, time.GetUtcNow());
        var view = GrantRules.View(revoked, used, time.GetUtcNow());
        var change = Change.By(caller, "grant.revoke", StateTypes.Grant, Id, request, time).Answering(caller, view);
        await state.WriteRecordedAsync(
            revoked,
            change with
            {
                Entry = change.Entry! with { SignerId = access.SignerId, SignerName = access.SignerName, GrantId = Id },
                ReadSet = [.. change.ReadSet, .. access.Basis],
            },
            cancellationToken);
        Take(state.State, SavedVersion());
        return view;
    }

    /// <inheritdoc/>
    public async Task<GrantOffer> ReserveAsync(
        PrincipalRef grantee,
        string certificateThumbprint,
        SigningQuestion question,
        long atLeast,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_grant is null || _version < atLeast)
            {
                // It was given after this activation looked for it, or another node has changed it.
                await LookAgainAsync(cancellationToken);
            }

            if (_grant is not { } grant)
            {
                return new GrantOffer.Declined(Version, ErrorCode.ApprovalRequired, "There is no such grant.");
            }

            if (GrantRules.Check(grant, grantee, certificateThumbprint, question, question.Now(time)) is { } problem)
            {
                return new GrantOffer.Declined(Version, problem.Code, problem.Detail);
            }

            if (_used >= grant.MaxSignings)
            {
                return new GrantOffer.Declined(
                    Version, ErrorCode.GrantExhausted, $"The grant's {grant.MaxSignings} signatures are used up. Ask for another one.");
            }

            _underWay.RemoveOverdue();
            if (grant.MaxSignings is not { } limit || _used + _underWay.Count < limit)
            {
                return new GrantOffer.Reserved(_underWay.Add(), Version, grant.MaxSignings, grant.WindowEnd);
            }

            await _underWay.WaitForOneAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task SettleAsync(GrantSettlement settlement)
    {
        _used = Math.Max(_used, settlement.UsedInLedger ?? 0);
        if (settlement.IsStale)
        {
            await LookAgainAsync(CancellationToken.None);
        }

        _underWay.Remove(settlement.Reservation);
        if (_grant is { IsKnownExhausted: false, Revocation: null } && _used >= _grant.MaxSignings && !_isNoting)
        {
            _isNoting = true;
            this.RegisterGrainTimer(NoteExhaustionAsync, new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>Notes for lists what the ledger knows: in a turn of its own, since signatures do not wait for it.</summary>
    private async Task NoteExhaustionAsync(CancellationToken cancellationToken)
    {
        var grant = await ReadAsync(cancellationToken);
        if (grant.IsKnownExhausted || grant.Revocation is not null)
        {
            return;
        }

        var exhausted = grant with { IsKnownExhausted = true };
        var change = Change.By(Caller.System, "grant.exhausted", StateTypes.Grant, Id, new { Used = _used }, time);
        await state.WriteRecordedAsync(
            exhausted,
            change with { Entry = change.Entry! with { SignerId = exhausted.SignerId, GrantId = Id } },
            cancellationToken);
        Take(state.State, SavedVersion());
    }

    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        if (await states.ReadAsync(StateTypes.Grant, Id, cancellationToken) is { } stored && stored.Version > _version)
        {
            Take(stored.ReadAs<GrantState>(), stored.Version);
        }
    }

    private void Take(GrantState grant, long version)
    {
        _grant = grant;
        _version = version;
    }

    private long SavedVersion() => long.Parse(state.Etag!, CultureInfo.InvariantCulture);

    /// <summary>Reads the row again: on several nodes over one database, each may have an activation of its own.</summary>
    private async Task<GrantState> ReadAsync(CancellationToken cancellationToken)
    {
        await state.ReadStateAsync(cancellationToken);
        if (!state.RecordExists)
        {
            throw NotFound();
        }

        Take(state.State, SavedVersion());
        return state.State;
    }

    /// <summary>Asks the grant's signer; to whom that does not exist, the grant does not either, and in the same words.</summary>
    private async Task<SignerAccess> AuthorizeAsync(GrantState grant, Caller caller, SignerAction action)
    {
        try
        {
            return await GrainFactory.GetGrain<ISignerGrain>(grant.SignerId).AuthorizeAsync(caller, action);
        }
        catch (RefusedException refusal) when (refusal.Code == ErrorCode.NotFound)
        {
            throw NotFound();
        }
    }

    private static RefusedException NotFound() =>
        new(ErrorCode.NotFound, "There is no such grant, or it is not yours to see.");
}
