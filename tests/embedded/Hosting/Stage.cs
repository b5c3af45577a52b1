using System.Collections.Concurrent;

namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>Where tests and the grains of the same process meet: named signals that are raised once, and what happened in order.</summary>
public sealed class Stage
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _signals = new();
    private readonly ConcurrentQueue<string> _log = new();

    public IReadOnlyList<string> Log => [.. _log];

    public void Raise(string signal) => Of(signal).TrySetResult();

    /// <summary>Ends when the signal was raised. A test that waits in vain fails after half a minute.</summary>
    public Task Until(string signal) => Of(signal).Task.WaitAsync(TimeSpan.FromSeconds(30));

    public bool IsRaised(string signal) => Of(signal).Task.IsCompleted;

    public void Note(string what) => _log.Enqueue(what);

    private TaskCompletionSource Of(string signal) =>
        _signals.GetOrAdd(signal, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
