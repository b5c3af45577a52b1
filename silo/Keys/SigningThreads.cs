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
    private TaskCompletionSource? _noneWaits;
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
        {
            new Thread(RunJobs) { Name = $"signing {number}", IsBackground = true }.Start();
        }
    }

    /// <summary>How many threads there are: the number of jobs that run at once.</summary>
    public int Threads { get; }

    /// <summary>How many jobs wait for a thread now.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Runs <paramref name="work"/> on one of the threads. Cancellation counts until the job starts.</summary>
    /// <exception cref="SigningThreadsUnavailableException">Too many jobs wait, or the threads are being stopped.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        RunAsync(new SigningJob<T>(work, isBrief: false, cancellationToken));

    /// <summary>
    /// The same for work of a few milliseconds at most, as signatures are. While more such work waits, several results may
    /// be told at once, each up to 6 ms late.
    /// </summary>
    /// <exception cref="SigningThreadsUnavailableException">Too many jobs wait, or the threads are being stopped.</exception>
    public Task<T> RunBrieflyAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        RunAsync(new SigningJob<T>(work, isBrief: true, cancellationToken));

    /// <inheritdoc/>
    public Task NoneWaitsAsync()
    {
        lock (_gate)
        {
            return _waiting.Count == 0
                ? Task.CompletedTask
                : (_noneWaits ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private Task<T> RunAsync<T>(SigningJob<T> job)
    {
        lock (_gate)
        {
            if (_stopping || _waiting.Count >= _queueLength)
            {
                throw new SigningThreadsUnavailableException(_stopping);
            }

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
        HeldResults held = new();
        while (TakeNext(held) is { } job)
        {
            held.Run(job);
        }

        if (Interlocked.Decrement(ref _liveThreads) == 0)
        {
            _ended.SetResult();
        }
    }

    // What is held is told before anything that may take long: waiting, work that is not brief, and the last job there is.
    // To tell under the gate takes no longer than to queue on the thread pool, where callers go on.
    private SigningJob? TakeNext(HeldResults held)
    {
        lock (_gate)
        {
            if (_waiting.Count <= 1 || !_waiting.Peek().IsBrief)
            {
                held.Tell();
            }

            while (_waiting.Count == 0 && !_stopping)
            {
                Monitor.Wait(_gate);
            }

            _waiting.TryDequeue(out var job);
            if (_waiting.Count == 0)
            {
                TellNoneWaits();
            }

            return job;
        }
    }

    private void RefuseWaiting()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var job))
            {
                ThreadPool.UnsafeQueueUserWorkItem(static refused => refused.Refuse(), job, preferLocal: false);
            }

            TellNoneWaits();
        }
    }

    private void TellNoneWaits()
    {
        _noneWaits?.SetResult();
        _noneWaits = null;
    }
}
