namespace CodeSigning.Silo.Keys;

/// <summary>
/// A fixed set of threads that do CPU-bound work, so that signatures neither take the turns of grains nor starve the
/// thread pool. Callers take turns. What waits is bounded: beyond it a job of whoever has most of them waiting is refused.
/// </summary>
public sealed class SigningThreads : IUpcomingWork, IAsyncDisposable
{
    private const string Nobody = "";

    private readonly object _gate = new();
    private readonly SigningQueue _waiting;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
        _waiting = new SigningQueue(queueLength);
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
        RunAsync(Nobody, new SigningJob<T>(work, isBrief: false, cancellationToken));

    /// <summary>
    /// The same for work of a few milliseconds at most, as signatures are. While more such work waits, several results may
    /// be told at once, each up to 6 ms late.
    /// </summary>
    /// <param name="callerId">Whose work it is.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Counts until the job starts.</param>
    /// <exception cref="SigningThreadsUnavailableException">Too many jobs wait, or the threads are being stopped.</exception>
    public Task<T> RunBrieflyAsync<T>(string callerId, Func<T> work, CancellationToken cancellationToken) =>
        RunAsync(callerId, new SigningJob<T>(work, isBrief: true, cancellationToken));

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
            if (_waiting.Count <= 1 || !_waiting.Next!.IsBrief)
            {
                held.Tell();
            }

            while (_waiting.Count == 0 && !_stopping)
            {
                Monitor.Wait(_gate);
            }

            _waiting.TryTake(out var job);
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
            while (_waiting.TryTake(out var job))
            {
                Refuse(job, isStopping: true);
            }

            TellNoneWaits();
        }
    }

    private static void Refuse(SigningJob? job, bool isStopping)
    {
        if (job is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static refusal => refusal.job.Refuse(refusal.isStopping), (job, isStopping), preferLocal: false);
        }
    }

    private void TellNoneWaits()
    {
        _noneWaits?.SetResult();
        _noneWaits = null;
    }
}

/// <summary>One piece of CPU-bound work and the task that tells of its end.</summary>
/// <param name="isBrief">Whether it takes a few milliseconds at most.</param>
internal abstract class SigningJob(bool isBrief)
{
    public bool IsBrief { get; } = isBrief;

    /// <summary>Does the work, and keeps its end to itself.</summary>
    public abstract void Run();

    /// <summary>Tells how the work ended. Whoever waits goes on within this call: it belongs on the thread pool.</summary>
    public abstract void Tell();

    /// <summary>Tells that the work is not done; as <see cref="Tell"/>.</summary>
    /// <param name="isStopping">Whether the threads are being stopped; else too many jobs wait.</param>
    public abstract void Refuse(bool isStopping);
}

/// <inheritdoc/>
internal sealed class SigningJob<T>(Func<T> work, bool isBrief, CancellationToken cancellationToken) : SigningJob(isBrief)
{
    private readonly TaskCompletionSource<T> _end = new();
    private T? _result;
    private Exception? _fault;

    public Task<T> End => _end.Task;

    public override void Run()
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            _result = work();
        }
        catch (Exception fault)
        {
            _fault = fault;
        }
    }

    public override void Tell()
    {
        switch (_fault)
        {
            case null:
                _end.SetResult(_result!);
                break;
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                _end.SetCanceled(cancellationToken);
                break;
            default:
                _end.SetException(_fault);
                break;
        }
    }

    public override void Refuse(bool isStopping) => _end.SetException(new SigningThreadsUnavailableException(isStopping));
}

/// <summary>Tells the ledger's writer of work that will soon end in an entry.</summary>
public interface IUpcomingWork
{
    /// <summary>Completes when no such work waits for a processor; at once where none does now. It never fails.</summary>
    Task NoneWaitsAsync();
}

/// <summary>No thread takes the job: too many wait already, or the server is stopping. Nothing was done; a retry is safe.</summary>
public sealed class SigningThreadsUnavailableException(bool isStopping)
    : Exception(isStopping ? "The server is stopping." : "More signatures are waiting to be made than this node takes on.")
{
    /// <summary>Whether this node is stopping; otherwise it is busy and takes jobs again in a moment.</summary>
    public bool IsStopping { get; } = isStopping;
}
