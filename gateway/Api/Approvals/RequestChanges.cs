using System.Collections.Concurrent;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>Tells those who wait for a request when this process has committed a change of it.</summary>
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

    /// <summary>Completes with the next change; to be asked for before the state is looked at, or one may be missed.</summary>
    public Task NextAsync(string requestId) => _signals.GetOrAdd(
        requestId, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Nobody waits for it any more, as far as the one knows who says so; others ask again.</summary>
    public void Forget(string requestId)
    {
        if (_signals.TryRemove(requestId, out var signal))
        {
            signal.TrySetResult();
        }
    }
}
