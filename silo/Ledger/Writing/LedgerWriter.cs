using System.Threading.Channels;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// A process's one way in for every write. It takes whatever waits, up to a bound, into one batch: one round trip and one
/// flush to disk for all of it, and it works on one batch at a time, so the longer a commit takes the more the next one
/// carries. Where more is about to come it waits a little for it.
/// </summary>
internal sealed class LedgerWriter : ILedger, ILedgerHealth, IAsyncDisposable
{
    private readonly Channel<PendingElement> _queue;
    private readonly BatchCommitter _committer;
    private readonly LedgerOptions _options;
    private readonly IUpcomingWork? _upcoming;
    private readonly ILogger<LedgerWriter> _logger;
    private readonly List<PendingElement> _deferred = [];
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<PendingElement> _batch = [];
    private Task _running = Task.CompletedTask;
    private volatile TaskCompletionSource? _batchIsFull;

    public LedgerWriter(
        BatchCommitter committer,
        LedgerMetrics metrics,
        IOptions<LedgerOptions> options,
        ILogger<LedgerWriter> logger,
        IUpcomingWork? upcoming = null)
    {
        _committer = committer;
        _upcoming = upcoming;
        _options = options.Value;
        _logger = logger;
        _queue = Channel.CreateBounded<PendingElement>(new BoundedChannelOptions(_options.QueueCapacity)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
        metrics.ObserveQueue(() => QueueLength);
    }

    /// <summary>How many elements wait to be taken into a batch.</summary>
    public int QueueLength => _queue.Reader.Count;

    public bool IsWritable => Reason is null;

    public string? Reason { get; private set; } = "The ledger's writer has not started yet.";

    public Task Broken => _broken.Task;

    /// <summary>The stream that this process writes; null before <see cref="StartAsync"/>.</summary>
    public string? Stream => _committer.Stream;

    public async ValueTask<CommitOutcome> CommitAsync(LedgerElement element, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pending = PendingElement.Prepare(element);
        if (Reason is { } reason)
        {
            throw new LedgerUnavailableException(reason);
        }

        if (!_queue.Writer.TryWrite(pending))
        {
            throw new LedgerUnavailableException("Too much waits for the ledger at the moment.");
        }

        if (_batchIsFull is { } batchIsFull && QueueLength >= _options.MaxBatchElements)
        {
            batchIsFull.TrySetResult();
        }

        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingElement)state!).CancelIfWaiting(token), pending);
        try
        {
            // The bound is on real waiting, whatever clock decisions are made by.
            return await pending.Outcome.WaitAsync(_options.CommitTimeout, TimeProvider.System, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            throw new LedgerUnavailableException(pending.TryAbandon()
                ? "The ledger could not be written in time. Nothing was written."
                : "The ledger did not answer in time. Ask again with the same idempotency key.");
        }
    }

    /// <summary>Opens this process's stream and begins to take elements.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _committer.OpenStreamAsync(cancellationToken);
        Reason = null;
        _running = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Commits what waits, then closes the stream. What cannot be committed in time fails.</summary>
    public async Task StopAsync()
    {
        if (!_queue.Writer.TryComplete())
        {
            return;
        }

        Reason ??= "The server is shutting down.";
        _abort.CancelAfter(_options.ShutdownTimeout);
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _abort.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (_deferred.Count > 0 || await _queue.Reader.WaitToReadAsync(_abort.Token))
            {
                await GatherAsync();
                _batch = TakeBatch();
                await _committer.CommitAsync(_batch, _deferred, reason => Reason = reason, _abort.Token);
            }

            await CloseStreamAsync();
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            _logger.LogWarning("The ledger's writer ended before all was written; its stream {Stream} stays open.", Stream);
        }
        catch (Exception fault)
        {
            Reason = fault is LedgerBrokenException ? fault.Message : "The ledger's writer met a fault that it does not know.";
            _logger.LogCritical(fault, "The ledger's writer has stopped for good, and this process with it. {Reason}", Reason);
            _broken.SetResult();
        }
        finally
        {
            Reason ??= "The ledger's writer has stopped.";
            _queue.Writer.TryComplete();
            FailAll(Reason);
        }
    }

    private async Task CloseStreamAsync()
    {
        try
        {
            await _committer.CloseStreamAsync(_abort.Token);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or StoreRejectedException or StoreContentionException)
        {
            _logger.LogWarning(fault, "The ledger stream {Stream} could not be closed; another process will do it.", Stream);
        }
    }

    // While signatures queue for the processor, a commit takes it from them: fewer and larger ones let more of them through,
    // and nobody waits longer, since what is gathered would have queued there.
    private async Task GatherAsync()
    {
        var noneWaits = _upcoming?.NoneWaitsAsync() ?? Task.CompletedTask;
        if (noneWaits.IsCompleted)
        {
            return;
        }

        TaskCompletionSource batchIsFull = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _batchIsFull = batchIsFull;
        if (QueueLength < _options.MaxBatchElements)
        {
            // A writer that is told to give up finds that out at its commit.
            Task enough = Task.WhenAny(noneWaits, batchIsFull.Task);
            await enough.WaitAsync(_options.MaxGathering, TimeProvider.System, _abort.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _batchIsFull = null;
        batchIsFull.TrySetResult(); // Where signatures queue for hours, what waits for their end would gather too.
    }

    private List<PendingElement> TakeBatch()
    {
        List<PendingElement> batch = [];
        List<PendingElement> waiting = [.. _deferred];
        _deferred.Clear();
        BatchConflicts conflicts = new();
        var bytes = 0;
        foreach (var pending in waiting)
        {
            pending.PutBack();
            Take(pending);
        }

        while (batch.Count < _options.MaxBatchElements && _deferred.Count < _options.MaxBatchElements
            && (bytes < _options.MaxBatchBytes) && _queue.Reader.TryRead(out var next))
        {
            Take(next);
        }

        return batch;

        void Take(PendingElement pending)
        {
            if (batch.Count >= _options.MaxBatchElements || (batch.Count > 0 && bytes + pending.Size > _options.MaxBatchBytes)
                || (!pending.IsAbandoned && !conflicts.TryAdd(pending)))
            {
                _deferred.Add(pending);
            }
            else if (pending.TryTake())
            {
                batch.Add(pending);
                bytes += pending.Size;
            }
        }
    }

    private void FailAll(string reason)
    {
        foreach (var pending in _batch)
        {
            pending.Fail(new LedgerUnavailableException($"{reason} It is not known whether this was written."));
        }

        LedgerUnavailableException failure = new(reason);
        foreach (var pending in _deferred)
        {
            pending.Fail(failure);
        }

        _deferred.Clear();
        while (_queue.Reader.TryRead(out var pending))
        {
            pending.Fail(failure);
        }
    }
}

/// <summary>Whether the ledger can be written. Where it cannot, nothing is signed.</summary>
public interface ILedgerHealth
{
    /// <summary>Whether elements are taken.</summary>
    bool IsWritable { get; }

    /// <summary>Why not, as a sentence for an operator; null while it is writable.</summary>
    string? Reason { get; }

    /// <summary>Completes when elements will never be taken again, and only another process can go on. It never fails.</summary>
    Task Broken { get; }
}

/// <summary>
/// The database's clock as this node guesses it between commits: its own plus the difference last seen. Entries bear
/// that time; the commit refuses a guess that is far off and tells the true time.
/// </summary>
internal sealed class DatabaseClock(TimeProvider time, LedgerMetrics metrics)
{
    private long _offsetMs;
    private long _lastMs;

    /// <summary>The time for the next batch; never before the one of the batch before.</summary>
    public long Next() => Math.Max(_lastMs, time.GetUtcNow().ToUnixTimeMilliseconds() + _offsetMs);

    /// <summary>Notes what the database's clock showed just now.</summary>
    public void Observe(long nowMs)
    {
        _offsetMs = nowMs - time.GetUtcNow().ToUnixTimeMilliseconds();
        metrics.ClockSkew(TimeSpan.FromMilliseconds(-_offsetMs));
    }

    /// <summary>Whether the database's clock lies so far behind the last batch that no commit takes the time of another.</summary>
    public bool IsAheadOf(long nowMs, TimeSpan tolerance) => _lastMs - nowMs > (long)tolerance.TotalMilliseconds;

    /// <summary>Forgets the last batch: the next one is the first of another stream.</summary>
    public void BeginAnew() => _lastMs = 0;

    /// <summary>Notes the time of a batch that was committed.</summary>
    public void Committed(long atMs) => _lastMs = Math.Max(_lastMs, atMs);
}
