using CodeSigning.Errors;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Certificates;

/// <summary>
/// Generates RSA keys and opens imported files, which takes up to seconds of CPU time each, one after the other on one
/// thread, so that signatures keep the other cores.
/// </summary>
public sealed class KeyMakingThread : IAsyncDisposable
{
    // RSA_4096 takes about a second: the last queued job finishes within the time-out of a grain call.
    private const int MostWaiting = 12;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly SigningThreads _thread = new(threads: 1, MostWaiting);

    /// <summary>Queues and runs work.</summary>
    /// <exception cref="RefusedException"><c>Unavailable</c>: the queue is full; or the refusal of the work.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _thread.RunAsync(work, cancellationToken);
        }
        catch (SigningThreadsUnavailableException)
        {
            throw new RefusedException(ErrorCode.Unavailable, "The key generation queue of this node is full: retry after the time in Retry-After.")
            {
                RetryAfter = RetryAfter,
            };
        }
    }

    /// <summary>Waits for running and queued work.</summary>
    public ValueTask DisposeAsync() => _thread.DisposeAsync();
}
