using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Gateway.Hosting;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>
/// Lets a call to sign wait until a request of its caller is approved. So a tool whose digest changes with every run
/// can have exactly the digest approved that it then signs.
/// </summary>
internal sealed class ApprovalWaits(
    IStateStore states, RequestChanges changes, GatewaySettings settings, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int MostRequests = 20;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private readonly WaitingPlaces _places = new(settings.RequestsInFlight / 4, Math.Max(1, settings.RequestsInFlight / 32));

    /// <summary>Whether an approval can help somebody who was denied with this code.</summary>
    public static bool CanHelp(ErrorCode denial) => denial
        is ErrorCode.ApprovalRequired or ErrorCode.GrantExhausted or ErrorCode.GrantExpired
        or ErrorCode.GrantRevoked or ErrorCode.ScopeMismatch;

    /// <summary>
    /// Waits for requests; true once one of them is approved. False at once where there is none, or where so many calls wait
    /// already that those which sign would find no place, or so many of the caller's that other callers' would not.
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

    /// <summary>The caller's own requests for a signer that wait for a decision.</summary>
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
