using CodeSigning.Approvals;
using CodeSigning.Grains.States;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>
/// Lets clients wait until a request changes. What this process commits wakes them at once; what another node does, a
/// look at the row's version each second finds.
/// </summary>
internal sealed class RequestWaits(
    RequestChanges changes, IStateStore states, TimeProvider time, IHostApplicationLifetime lifetime)
{
    /// <summary>Beyond so many, and half as many of one caller, a client gets its answer at once and asks again.</summary>
    private const int MostWaiting = 2000;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private readonly WaitingPlaces _places = new(MostWaiting, MostWaiting / 2);

    /// <summary>Completes when a pending request has changed or ended by the clock, and at the latest after some time.</summary>
    /// <param name="callerId">Who waits.</param>
    /// <param name="request">The request as it was seen.</param>
    /// <param name="version">The version that was read before it was seen.</param>
    /// <param name="atMost">How long to wait.</param>
    /// <param name="cancellationToken">The client went away.</param>
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
