using CodeSigning.Silo.Ledger;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// A fixed set of threads that do CPU-bound work, so that signatures neither take the turns of grains nor starve the
/// thread pool. What waits is bounded: beyond it a job is refused at once.
/// </summary>
public sealed class SigningThreads : IUpcomingWork, IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly Queue<SigningJob> _waiting = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _queueLength;
    private int _liveThreads;
    private bool _stopping;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">How many; null for one per core.</param>
    /// <param name="queueLength">How many jobs may wait.</param>
    public SigningThreads(int? threads = null, int queueLength = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(queueLength);
        Threads = threads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Threads, nameof(threads));
        _queueLength = queueLength;
        _liveThreads = Threads;
        for (var number = 0; number < Threads; number++)
            new Thread(RunJobs) { Name = $"signing {number}", IsBackground = true }.Start();
    }

    /// <summary>How many threads there are: the number of jobs that run at once.</summary>
    public int Threads { get; }

    /// <summary>How many jobs wait for a thread now.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Runs <paramref name="work"/> on one of the threads. Cancellation counts until the job starts.</summary>
    /// <exception cref="SigningThreadsUnavailableException">Too many jobs wait, or the threads are being stopped.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var job = new SigningJob<T>(work, cancellationToken);
        lock (_gate)
        {
            if (_stopping || _waiting.Count >= _queueLength)
                throw new SigningThreadsUnavailableException(_stopping);
            _waiting.Enqueue(job);
            Monitor.Pulse(_gate);
        }
        return job.End;
    }

    /// <summary>Takes no more jobs and waits until those that were taken are done; if cancelled, those that wait are refused.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        using var givingUp = cancellationToken.UnsafeRegister(static self => ((SigningThreads)self!).RefuseWaiting(), this);
        await _ended.Task;
    }

    /// <summary>Stops the threads when the jobs that were taken are done.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private void RunJobs()
    {
        while (TakeNext() is { } job)
            job.Run();

        if (Interlocked.Decrement(ref _liveThreads) == 0)
            _ended.SetResult();
    }

    private SigningJob? TakeNext()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_stopping)
                    return null;
                Monitor.Wait(_gate);
            }
            return _waiting.Dequeue();
        }
    }

    private void RefuseWaiting()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var job))
                job.Refuse();
        }
    }
}
