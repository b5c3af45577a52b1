namespace CodeSigning.Grains.Budgets;

/// <summary>
/// Runs work one call at a time and shares it among callers. A caller that arrives during a run shares the next one, so
/// a result is never older than its call, and any number of concurrent calls cost at most two runs.
/// </summary>
/// <param name="run">The work.</param>
public sealed class SharedRun<T>(Func<Task<T>> run)
{
    private readonly Lock _lock = new();
    private Task<T>? _running;
    private Task<T>? _next;

    /// <summary>Returns the result of a run that begins after this call.</summary>
    public Task<T> AskAsync()
    {
        lock (_lock)
        {
            if (_running is null or { IsCompleted: true } && _next is null)
            {
                return _running = Task.Run(run);
            }

            return _next ??= RunAfterAsync(_running!);
        }
    }

    private async Task<T> RunAfterAsync(Task<T> running)
    {
        await Task.Yield(); // Lets the caller assign _next first.
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _running = _next;
            _next = null;
        }

        return await run();
    }
}
