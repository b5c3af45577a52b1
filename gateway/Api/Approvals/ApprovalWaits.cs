using System.Collections.Concurrent;
using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Gateway.Settings;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Silo.Ledger.Writing;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>
/// Lets a call to sign wait until a request of its caller is approved, so that a tool whose digest changes with every
/// run can have exactly that digest approved.
/// </summary>
internal sealed class ApprovalWaits(
    IStateStore states, RequestChanges changes, GatewaySettings settings, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int MostRequests = 20;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private readonly WaitingPlaces _places = new(settings.RequestsInFlight / 4, Math.Max(1, settings.RequestsInFlight / 32));

    /// <summary>Whether an approval could resolve a denial with this code.</summary>
    public static bool CanHelp(ErrorCode denial) => denial
        is ErrorCode.ApprovalRequired or ErrorCode.GrantExhausted or ErrorCode.GrantExpired
        or ErrorCode.GrantRevoked or ErrorCode.ScopeMismatch;

    /// <summary>
    /// Waits for pending requests; true once one is approved. False immediately if there is none, or if too many calls
    /// are waiting, in total or of this caller.
    /// </summary>
    public async Task<bool> WaitAsync(
        string callerId, ImmutableArray<string> pending, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (pending.IsEmpty || !_places.TryTake(callerId))
        {
            return false;
        }

        try
        {
            return await WaitForOneAsync(pending, until, cancellationToken);
        }
        finally
        {
            _places.Return(callerId);
            foreach (var requestId in pending)
            {
                changes.Forget(requestId);
            }
        }
    }

    private async Task<bool> WaitForOneAsync(ImmutableArray<string> requests, DateTimeOffset until, CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        Task next = NextOfAsync(requests);
        while (until - time.GetUtcNow() is var left && left > TimeSpan.Zero && !ends.IsCancellationRequested)
        {
            // Each combination stays with every request until that changes, so there is no other one for each look.
            next = next.IsCompleted ? NextOfAsync(requests) : next;
            var statuses = await Task.WhenAll(requests.Select(id => StatusAsync(id, cancellationToken)));
            if (statuses.Contains(RequestStatus.Approved))
            {
                return true;
            }

            if (!statuses.Contains(RequestStatus.Pending))
            {
                return false;
            }

            await next.WaitAsync(left < LookAgain ? left : LookAgain, time, ends.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return false;
    }

    private Task<Task> NextOfAsync(ImmutableArray<string> requests) => Task.WhenAny(requests.Select(changes.NextAsync));

    /// <summary>The caller's pending requests for a signer.</summary>
    public async Task<ImmutableArray<string>> FindPendingAsync(
        Caller caller, string signerId, CancellationToken cancellationToken)
    {
        var rows = await states.ListAsync(
            new StateQuery(
                StateTypes.ApprovalRequest,
                Parent: signerId,
                Statuses: ["pending"],
                AnyLink: [caller.ToRef().ToLink()],
                Limit: MostRequests),
            cancellationToken);
        return
        [
            .. rows
                .Select(row => row.ReadAs<ApprovalRequestState>())
                .Where(request => request.Requester.Id == caller.Id && request.Kind == RequestKind.Signing)
                .Where(request => request.StatusAt(time.GetUtcNow()) == RequestStatus.Pending)
                .Select(request => request.Id),
        ];
    }

    private async Task<RequestStatus?> StatusAsync(string requestId, CancellationToken cancellationToken)
    {
        var row = await states.ReadAsync(StateTypes.ApprovalRequest, requestId, cancellationToken);
        return row?.ReadAs<ApprovalRequestState>().StatusAt(time.GetUtcNow());
    }
}

/// <summary>
/// Lets clients wait until a request changes. Commits of this process wake them immediately; changes by other nodes are
/// found by polling the row's version each second.
/// </summary>
internal sealed class RequestWaits(
    RequestChanges changes, IStateStore states, TimeProvider time, IHostApplicationLifetime lifetime)
{
    /// <summary>
    /// The maximum number of waiting clients, and twice that of one caller; any more are answered immediately.
    /// </summary>
    private const int MostWaiting = 2000;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private readonly WaitingPlaces _places = new(MostWaiting, MostWaiting / 2);

    /// <summary>Completes when a pending request has changed or expired, or after a time-out.</summary>
    /// <param name="callerId">The caller's id.</param>
    /// <param name="request">The request as last seen.</param>
    /// <param name="version">The version read before that.</param>
    /// <param name="atMost">The time-out.</param>
    /// <param name="cancellationToken">The client has disconnected.</param>
    public async Task WaitAsync(
        string callerId, RequestView request, long version, TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (!_places.TryTake(callerId))
        {
            return;
        }

        var until = time.GetUtcNow() + atMost;
        until = request.ExpiresAt < until ? request.ExpiresAt : until;
        try
        {
            while (until - time.GetUtcNow() is var left && left > TimeSpan.Zero && !lifetime.ApplicationStopping.IsCancellationRequested)
            {
                var next = changes.NextAsync(request.Id);
                var (hasChanged, _) = await states.ReadIfChangedAsync(
                    StateTypes.ApprovalRequest, request.Id, version, cancellationToken);
                if (hasChanged)
                {
                    return;
                }

                await WaitForOneAsync(next, left < LookAgain ? left : LookAgain, cancellationToken);
            }
        }
        finally
        {
            _places.Return(callerId);
            changes.Forget(request.Id);
        }
    }

    private async Task WaitForOneAsync(Task change, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        await change.WaitAsync(atMost, time, ends.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        cancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>Notifies waiting clients of changes committed by this process.</summary>
internal sealed class RequestChanges : ICommitObserver
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _signals = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void OnCommitted(IReadOnlyList<StateVersion> written)
    {
        foreach (var version in written)
        {
            if (version.Type == StateTypes.ApprovalRequest && _signals.TryRemove(version.Id, out var signal))
            {
                signal.TrySetResult();
            }
        }
    }

    /// <summary>Completes with the next change. Call it before reading the state, or a change may be missed.</summary>
    public Task NextAsync(string requestId) => _signals.GetOrAdd(
        requestId, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Removes the signal of a request; other waiting clients create a new one.</summary>
    public void Forget(string requestId)
    {
        if (_signals.TryRemove(requestId, out var signal))
        {
            signal.TrySetResult();
        }
    }
}

/// <summary>Counts waiting calls: a limit in total, and one per caller, who could otherwise take all places.</summary>
internal sealed class WaitingPlaces(int most, int mostOfOneCaller)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _takenBy = new(StringComparer.Ordinal);
    private int _taken;

    /// <summary>Takes a place; false if none is left.</summary>
    public bool TryTake(string callerId)
    {
        lock (_lock)
        {
            var own = _takenBy.GetValueOrDefault(callerId);
            if (_taken >= most || own >= mostOfOneCaller)
            {
                return false;
            }

            _taken++;
            _takenBy[callerId] = own + 1;
            return true;
        }
    }

    /// <summary>Returns a place.</summary>
    public void Return(string callerId)
    {
        lock (_lock)
        {
            _taken--;
            if (--_takenBy[callerId] == 0)
            {
                _takenBy.Remove(callerId);
            }
        }
    }
}
