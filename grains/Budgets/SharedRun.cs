namespace CodeSigning.Grains.Budgets;

/// <summary>
/// Work that many may ask for and that is done one at a time. Whoever asks while it runs shares the next run, so that a result
/// is never older than the question, and many questions cost no more than two.
/// </summary>
/// <param name="run">The work.</param>
public sealed class SharedRun<T>(Func<Task<T>> run)
{
    private readonly Lock _lock = new();
    private Task<T>? _running;
    private Task<T>? _next;

    /// <summary>The result of a run that begins after the call.</summary>
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
        await Task.Yield(); // Until it is known as the next.
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _running = _next;
            _next = null;
        }

        return await run();
    }
}
