using CodeSigning.Errors;
using CodeSigning.Silo.Keys;

namespace CodeSigning.Silo.Certificates;

/// <summary>
/// Makes RSA keys and opens what is brought in, which takes up to seconds of CPU time each, one after the other on a thread
/// of its own: however many are asked for, signatures keep the cores but for this one thread's share.
/// </summary>
public sealed class KeyMakingThread : IAsyncDisposable
{
    // RSA_4096 takes about a second: the last in the queue is answered within the time that a grain call may take.
    private const int MostWaiting = 12;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly SigningThreads _thread = new(threads: 1, MostWaiting);

    /// <summary>Runs work of this kind when its turn comes.</summary>
    /// <exception cref="RefusedException"><c>Unavailable</c>: too much waits; or what the work itself refuses.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _thread.RunAsync(work, cancellationToken);
        }
        catch (SigningThreadsUnavailableException)
        {
            throw new RefusedException(ErrorCode.Unavailable, "More keys are being made than this node takes on. Try again in a moment.")
            {
                RetryAfter = RetryAfter,
            };
        }
    }

    /// <summary>Waits for what was begun and what waits.</summary>
    public ValueTask DisposeAsync() => _thread.DisposeAsync();
}
