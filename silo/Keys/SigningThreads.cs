using System.Diagnostics;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// A fixed set of threads for CPU-bound work, so that signatures neither block grain turns nor starve the thread pool.
/// Callers are served round-robin. The queue is bounded: when it is full, a job of the caller with the most queued jobs
/// is refused. Brief work that comes alone is done by the thread that brings it, and its result is told by the thread that made it.
/// </summary>
public sealed class SigningThreads : IUpcomingWork, IAsyncDisposable
{
    private const string Nobody = "";

    // As long as a switch to another thread and back is cheap beside it: longer than a signature with P-256, shorter than one with RSA-2048.
    private static readonly TimeSpan Turn = TimeSpan.FromMicroseconds(200);

    private readonly object _gate = new();
    private readonly SigningQueue _waiting;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _fewWait;
    private int _few;
    private int _idle;
    private int _running;
    private bool _stopping;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">The number of threads; null for one per core.</param>
    /// <param name="queueLength">The maximum number of queued jobs.</param>
    public SigningThreads(int? threads = null, int queueLength = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(queueLength);
        Threads = threads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Threads, nameof(threads));
        _waiting = new SigningQueue(queueLength);
        _running = Threads;
        for (var number = 0; number < Threads; number++)
        {
            new Thread(RunJobs) { Name = $"signing {number}", IsBackground = true }.Start();
        }
    }

    /// <summary>The number of threads, which is the number of concurrent jobs.</summary>
    public int Threads { get; }

    /// <summary>The number of queued jobs.</summary>
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

    /// <summary>
    /// Runs <paramref name="work"/> on one of the threads. Cancellation has an effect until the job starts.
    /// </summary>
    /// <exception cref="SigningThreadsUnavailableException">The queue is full, or the threads are stopping.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        RunAsync(Nobody, new SigningJob<T>(work, isBrief: false, cancellationToken));

    /// <summary>
    /// Runs work of at most a few milliseconds, such as a signature. If all threads are idle it is done before this returns: waking
    /// one and being woken by it would take longer than many a signature. Otherwise who awaits it continues on the thread that did it,
    /// and must not block there.
    /// </summary>
    /// <param name="callerId">The caller's id.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Cancels the call until the job starts.</param>
    /// <exception cref="SigningThreadsUnavailableException">The queue is full, or the threads are stopping.</exception>
    public Task<T> RunBrieflyAsync<T>(string callerId, Func<T> work, CancellationToken cancellationToken)
    {
        SigningJob<T> job = new(work, isBrief: true, cancellationToken);
        return TryBeginHere() ? RunHere(job) : RunAsync(callerId, job);
    }

    /// <summary>
    /// As <see cref="RunBrieflyAsync"/>, but never on the caller's thread, and cancellation also ends the wait for work that has begun,
    /// such as a call of a module that hangs; it runs on without anyone who waits for it.
    /// </summary>
    /// <param name="callerId">The caller's id.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="SigningThreadsUnavailableException">The queue is full, or the threads are stopping.</exception>
    public Task<T> RunAbandonablyAsync<T>(string callerId, Func<T> work, CancellationToken cancellationToken)
    {
        SigningJob<T> job = new(work, isBrief: true, cancellationToken);
        job.AbandonWhenCancelled();
        return RunAsync(callerId, job);
    }

    /// <inheritdoc/>
    public Task FewWaitAsync(int few)
    {
        lock (_gate)
        {
            TellFewWait(); // Whoever asked before does not wait any more.
            if (_waiting.Count <= few)
            {
                return Task.CompletedTask;
            }

            _few = few;
            _fewWait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _fewWait.Task;
        }
    }

    // One caller at a time, so that work never holds up more than one thread of the pool.
    private bool TryBeginHere()
    {
        lock (_gate)
        {
            if (_stopping || Volatile.Read(ref _running) > Threads || _waiting.Count > 0 || _idle < Threads)
            {
                return false;
            }

            Interlocked.Increment(ref _running);
            return true;
        }
    }

    private Task<T> RunHere<T>(SigningJob<T> job)
    {
        job.Run();
        EndOne();
        return job.End;
    }

    private Task<T> RunAsync<T>(string callerId, SigningJob<T> job)
    {
        SigningJob? refused;
        lock (_gate)
        {
            if (_stopping)
            {
                throw new SigningThreadsUnavailableException(isStopping: true);
            }

            refused = _waiting.Add(callerId, job);
            Monitor.Pulse(_gate);
        }

        if (refused == job)
        {
            throw new SigningThreadsUnavailableException(isStopping: false);
        }

        Refuse(refused, isStopping: false);
        return job.End;
    }

    /// <summary>Accepts no more jobs and waits for those accepted; if cancelled, queued jobs are refused.</summary>
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

    /// <summary>Stops the threads after the accepted jobs.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private void RunJobs()
    {
        var turn = Stopwatch.GetTimestamp();
        while (TakeNext() is { } job)
        {
            job.Run();
            if (Stopwatch.GetElapsedTime(turn) > Turn && Waiting > 0)
            {
                Thread.Yield(); // To the threads of requests and of the ledger, which else wait for the rest of this one's slice.
                turn = Stopwatch.GetTimestamp();
            }
        }

        EndOne();
    }

    private void EndOne()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _ended.SetResult();
        }
    }

    private SigningJob? TakeNext()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_stopping)
            {
                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }

            _waiting.TryTake(out var job);
            if (_waiting.Count <= _few)
            {
                TellFewWait();
            }

            return job;
        }
    }

    private void RefuseWaiting()
    {
        lock (_gate)
        {
            while (_waiting.TryTake(out var job))
            {
                Refuse(job, isStopping: true);
            }

            TellFewWait();
        }
    }

    private static void Refuse(SigningJob? job, bool isStopping)
    {
        if (job is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static refusal => refusal.job.Refuse(refusal.isStopping), (job, isStopping), preferLocal: false);
        }
    }

    private void TellFewWait()
    {
        _fewWait?.SetResult();
        _fewWait = null;
    }
}

/// <summary>A CPU-bound job and the task of its completion.</summary>
internal abstract class SigningJob
{
    /// <summary>Does the work and completes the task.</summary>
    public abstract void Run();

    /// <summary>Fails the task of a job that is not run; call it on the thread pool.</summary>
    /// <param name="isStopping">Whether the threads are stopping; otherwise the queue is full.</param>
    public abstract void Refuse(bool isStopping);
}

/// <inheritdoc/>
/// <param name="work">The work.</param>
/// <param name="isBrief">Whether who awaits it continues on the thread that did it; otherwise on the pool.</param>
/// <param name="cancellationToken">Cancels the job until it starts.</param>
internal sealed class SigningJob<T>(Func<T> work, bool isBrief, CancellationToken cancellationToken) : SigningJob
{
    private readonly TaskCompletionSource<T> _end =
        new(isBrief ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _abandonment;

    public Task<T> End => _end.Task;

    public override void Run()
    {
        T? result = default;
        Exception? fault = null;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            result = work();
        }
        catch (Exception thrown)
        {
            fault = thrown;
        }

        _abandonment.Unregister();
        switch (fault)
        {
            case null:
                _end.TrySetResult(result!);
                break;
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                _end.TrySetCanceled(cancellationToken);
                break;
            default:
                _end.TrySetException(fault);
                break;
        }
    }

    public override void Refuse(bool isStopping)
    {
        _abandonment.Unregister();
        _end.TrySetException(new SigningThreadsUnavailableException(isStopping));
    }

    /// <summary>Has cancellation end the wait for the job, also while it runs. Called before the job is queued.</summary>
    public void AbandonWhenCancelled() => _abandonment = cancellationToken.UnsafeRegister(
        static self => ((SigningJob<T>)self!).Abandon(), this);

    private void Abandon() => _end.TrySetCanceled(cancellationToken);
}

/// <summary>Informs the ledger's writer of queued work that will soon produce an entry.</summary>
public interface IUpcomingWork
{
    /// <summary>How much of it is queued.</summary>
    int Waiting { get; }

    /// <summary>
    /// Completes when no more than <paramref name="few"/> of it are queued; immediately if that is so. A later call ends the wait of
    /// an earlier one. Never fails.
    /// </summary>
    Task FewWaitAsync(int few);
}

/// <summary>The job was refused: the queue is full or the server is stopping. Nothing was done; a retry is safe.</summary>
public sealed class SigningThreadsUnavailableException(bool isStopping)
    : Exception(isStopping ? "The server is stopping." : "The signing queue of this node is full: retry later.")
{
    /// <summary>Whether this node is stopping; otherwise it is temporarily busy.</summary>
    public bool IsStopping { get; } = isStopping;
}
