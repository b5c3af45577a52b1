using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Grants;

/// <summary>
/// Reserves the last uses of a grant one at a time. Its decisions in memory (<see cref="_grant"/>, <see cref="_used"/>)
/// are proposals: the commit checks the grant's version, its window by the database's clock, and its count under lock.
/// </summary>
public sealed class GrantGrain(IStateStore store, ILedger ledger, ILedgerReader entries, TimeProvider time)
    : Grain, IGrantGrain
{
    private readonly PendingReservations _pending = new(time);
    private Row<GrantState>? _grant;
    private long _used;
    private bool _isNoting;

    private string Id => this.GetPrimaryKeyString();

    private StateVersion Version => _grant?.ToVersion() ?? new StateVersion(StateTypes.Grant, Id, 0);

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        _used = _grant is null ? 0 : await entries.CountUsesAsync(Id, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<GrantOffer> ReserveAsync(
        PrincipalRef grantee,
        string certificateThumbprint,
        SigningQuestion question,
        GrantKnowledge known,
        CancellationToken cancellationToken)
    {
        _used = Math.Max(_used, known.Used);
        while (true)
        {
            if (Version.Version < known.Version)
            {
                await ReadAsync(cancellationToken);
            }

            if (_grant?.State is not { } grant)
            {
                return new GrantOffer.Declined(Version, ErrorCode.ApprovalRequired, "The grant does not exist.");
            }

            if (GrantRules.Check(grant, grantee, certificateThumbprint, grant.SignerGeneration, question, _used, question.Now(time)) is { } problem)
            {
                return new GrantOffer.Declined(Version, problem.Code, problem.Detail);
            }

            _pending.RemoveOverdue();
            if (grant.MaxSignings is not { } limit || _used + _pending.Count < limit)
            {
                return new GrantOffer.Reserved(_pending.Add(), Version);
            }

            await _pending.WaitForOneAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task SettleAsync(GrantSettlement settlement)
    {
        _used = Math.Max(_used, settlement.UsedInLedger ?? 0);
        if (settlement.IsStale)
        {
            await ReadAsync(CancellationToken.None);
        }

        _pending.Remove(settlement.Reservation);
        if (_grant?.State is { IsKnownExhausted: false, Revocation: null } grant && _used >= grant.MaxSignings && !_isNoting)
        {
            _isNoting = true;
            this.RegisterGrainTimer(NoteExhaustionAsync, new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>Records the exhaustion for lists, in a separate turn, since signatures do not wait for it.</summary>
    private async Task NoteExhaustionAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        if (_grant is not { State: { IsKnownExhausted: false, Revocation: null } grant } row)
        {
            return;
        }

        var exhausted = grant with { IsKnownExhausted = true };
        var changes = Changes.Between(grant.ToRecord(), exhausted.ToRecord()).Saying("used", _used);
        await ledger.RecordAsync(
            Change.By(Caller.System, "grant.exhausted", StateTypes.Grant, Id, changes, time)
                .About(grant.SignerId, null, Id)
                .Writing(row.Replace(exhausted)),
            cancellationToken);
        await ReadAsync(cancellationToken);
    }

    private async Task ReadAsync(CancellationToken cancellationToken) =>
        _grant = await store.FindAsync<GrantState>(StateTypes.Grant, Id, cancellationToken) ?? _grant;
}

/// <summary>
/// The pending reservations of one grant. They only avoid computing signatures that the commit would refuse, and let
/// the last ones wait for each other; the ledger enforces the limit. Used from one grain's turns only.
/// </summary>
internal sealed class PendingReservations(TimeProvider time)
{
    /// <summary>The lifetime of a reservation that is never settled.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<long, DateTimeOffset> _deadlines = [];
    private TaskCompletionSource _oneEnded = NewSignal();
    private long _last;

    /// <summary>The number of pending reservations.</summary>
    public int Count => _deadlines.Count;

    /// <summary>Adds a reservation and returns its number.</summary>
    public long Add()
    {
        _deadlines[++_last] = time.GetUtcNow() + Lifetime;
        return _last;
    }

    /// <summary>Removes a reservation and wakes all waiters, which check again.</summary>
    public void Remove(long reservation)
    {
        if (!_deadlines.Remove(reservation))
        {
            return;
        }

        var signal = _oneEnded;
        _oneEnded = NewSignal();
        signal.SetResult();
    }

    /// <summary>Removes expired reservations.</summary>
    public void RemoveOverdue()
    {
        var now = time.GetUtcNow();
        foreach (var overdue in _deadlines.Where(pair => pair.Value <= now).Select(pair => pair.Key).ToArray())
        {
            Remove(overdue);
        }
    }

    /// <summary>Completes when a reservation has ended or expired.</summary>
    public async Task WaitForOneAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _oneEnded.Task.WaitAsync(Lifetime, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            RemoveOverdue();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
