using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Grants;

/// <summary>
/// A grant's home, where its last uses are reserved one at a time. What it decides in memory (<see cref="_grant"/>,
/// <see cref="_used"/>) is a proposal: the commit checks the grant's version, its window by the database's clock, and its
/// count under lock.
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
                return new GrantOffer.Declined(Version, ErrorCode.ApprovalRequired, "There is no such grant.");
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

    /// <summary>Notes for lists what the ledger knows: in a turn of its own, since signatures do not wait for it.</summary>
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
/// The uses of one grant that are reserved and neither committed nor given up. It only keeps a grant's signers from computing
/// signatures that the ledger would refuse, and lets the last ones wait for each other; the ledger holds the limit.
/// Used from one grain's turns, one at a time.
/// </summary>
internal sealed class PendingReservations(TimeProvider time)
{
    /// <summary>How long a use is kept for a caller that never says what became of it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<long, DateTimeOffset> _deadlines = [];
    private TaskCompletionSource _oneEnded = NewSignal();
    private long _last;

    /// <summary>How many are pending.</summary>
    public int Count => _deadlines.Count;

    /// <summary>Keeps one.</summary>
    public long Add()
    {
        _deadlines[++_last] = time.GetUtcNow() + Lifetime;
        return _last;
    }

    /// <summary>Ends one and wakes everybody who waits: each looks again for itself.</summary>
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

    /// <summary>Ends those whose callers never came back.</summary>
    public void RemoveOverdue()
    {
        var now = time.GetUtcNow();
        foreach (var overdue in _deadlines.Where(pair => pair.Value <= now).Select(pair => pair.Key).ToArray())
        {
            Remove(overdue);
        }
    }

    /// <summary>Completes when one has ended, or when even those must have that never end by themselves.</summary>
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
