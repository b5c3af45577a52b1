using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace CodeSigning.Embedded.Engine;

internal sealed partial class Activation
{
    // Guarded by the gate: calls without an answer, in the order they came.
    private GrainCall? _firstUnanswered, _lastUnanswered;
    private int _unanswered;
    private bool _isWatched;

    // The pump's own.
    private CallQueue _waiting;
    private int _running;
    private int _runningReaders;
    private GrainCall? _turn;
    private bool _isTurnFree;
    private long _callsStarted;
    private bool _wasUsed = true;

    internal bool HasFilters => Runtime.Filters.Length > 0 || GrainInstance is IIncomingGrainCallFilter;

    /// <summary>Calls without an answer. Exact only at the moment it is read.</summary>
    internal int Load => Volatile.Read(ref _unanswered);

    /// <summary>Puts a call in the inbox; false if the activation has ended and the call must go to the next one.</summary>
    internal bool TryAccept(GrainCall call)
    {
        lock (_gate)
        {
            if (_stage == Stage.Ended)
                return false;
            Link(call);
            _inbox.Enqueue(call);
            if (_isPumpQueued)
                return true;
            _isPumpQueued = true;
        }

        QueuePump(preferLocal: true);
        return true;
    }

    /// <summary>A call's method has ended. Runs on the pump.</summary>
    internal void Complete(GrainCall call, Exception? exception)
    {
        lock (_gate)
            Unlink(call);
        _running--;
        if (call.IsReader)
            _runningReaders--;
        if (ReferenceEquals(call, _turn))
            _turn = null;
        _isTurnFree = true;
        _wasUsed |= call.KeepsAlive;
        if (exception is null)
            return;

        if (call.Method.OneWay || call.IsLocal)
            Runtime.Log.LogWarning(exception, "{Method} of {Grain} failed, and nobody waits for it", call.Method, GrainId);
        if (exception is InconsistentStateException { IsSourceActivation: true } conflict)
        {
            conflict.IsSourceActivation = false;
            Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, conflict, "A call met a state that had changed."));
        }
    }

    /// <summary>Takes out the calls whose deadline has passed. Returns whether any call is still unanswered.</summary>
    internal bool CollectExpired(int now, List<GrainCall> expired)
    {
        lock (_gate)
        {
            for (var call = _firstUnanswered; call is not null; call = call.Next)
                if (call.Deadline < now && !call.IsAnswered)
                    expired.Add(call);
            return _isWatched = _firstUnanswered is not null;
        }
    }

    private void Admit(GrainCall call)
    {
        if (MayStart(call) && (_waiting.IsEmpty || MayOvertake(call)))
            Start(call);
        else
            _waiting.Add(call);
    }

    private bool MayStart(GrainCall call)
    {
        if (_stage != Stage.Active || _isEnding)
            return false;
        if (_running == 0 || Class.IsReentrant || call.AlwaysInterleaves)
            return true;

        // Without a call that holds the turn, what runs interleaves with anything, or reads.
        return _turn is null
            ? _runningReaders == 0 || call.IsReader
            : _turn.IsReader && call.IsReader;
    }

    /// <summary>
    /// A reader passes a waiting writer only while the reader that has the turn is still running: with later ones the
    /// writer might wait for ever.
    /// </summary>
    private bool MayOvertake(GrainCall call) => Class.IsReentrant || call.AlwaysInterleaves || _turn is { IsReader: true };

    private void StartWaiting()
    {
        GrainCall? before = null;
        for (var call = _waiting.First; call is not null;)
        {
            var after = call.Behind;
            if (call.IsAnswered || (MayStart(call) && (before is null || MayOvertake(call))))
            {
                _waiting.RemoveBehind(before);
                Start(call);
            }
            else if (_waiting.Interleaving > 0 || _turn is { IsReader: true })
            {
                before = call;
            }
            else
            {
                return;
            }

            call = after;
        }
    }

    private void Start(GrainCall call)
    {
        if (call.IsAnswered)
        {
            // The caller gave up while the call waited.
            lock (_gate)
                Unlink(call);
            call.Release();
            return;
        }

        _callsStarted++;
        _running++;
        if (call.IsReader)
            _runningReaders++;
        if (!call.AlwaysInterleaves)
            _turn ??= call;
        if (call.RequestValues is not null)
            RequestContext.Values = call.RequestValues;
        call.Run(this);

        // What the turn left in its execution context is not the next one's.
        if (!ReferenceEquals(ExecutionContext.Capture(), CleanContext))
            ExecutionContext.Restore(CleanContext);
    }

    private void Link(GrainCall call)
    {
        call.IsLinked = true;
        call.Previous = _lastUnanswered;
        if (_lastUnanswered is null)
            _firstUnanswered = call;
        else
            _lastUnanswered.Next = call;
        _lastUnanswered = call;
        _unanswered++;
        if (!_isWatched)
        {
            _isWatched = true;
            Runtime.Timeouts.Watch(this);
        }
    }

    private void Unlink(GrainCall call)
    {
        if (!call.IsLinked)
            return;
        call.IsLinked = false;
        if (call.Previous is null)
            _firstUnanswered = call.Next;
        else
            call.Previous.Next = call.Next;
        if (call.Next is null)
            _lastUnanswered = call.Previous;
        else
            call.Next.Previous = call.Previous;
        call.Previous = call.Next = null;
        _unanswered--;
    }
}
