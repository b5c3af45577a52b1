using System.Diagnostics;
using System.Threading.Channels;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// The process's single writer. It takes everything queued, up to a limit, into one batch with one round trip and one
/// flush to disk, and commits one batch at a time, so batches grow as commits take longer. If more work is about to
/// arrive, it waits briefly.
/// </summary>
internal sealed class LedgerWriter : ILedger, ILedgerHealth, IAsyncDisposable
{
    private readonly Channel<PendingElement> _queue;
    private readonly BatchCommitter _committer;
    private readonly LedgerOptions _options;
    private readonly IUpcomingWork? _upcoming;
    private readonly ILogger<LedgerWriter> _logger;
    private readonly CommitPace _pace = new();
    private readonly List<PendingElement> _deferred = [];
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<PendingElement> _batch = [];
    private Task _running = Task.CompletedTask;
    private volatile TaskCompletionSource? _isEnough;

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

    /// <summary>The number of queued elements.</summary>
    public int QueueLength => _queue.Reader.Count;

    public bool IsWritable => Reason is null;

    public string? Reason { get; private set; } = "The ledger's writer has not started yet: retry later.";

    public Task Broken => _broken.Task;

    /// <summary>The stream that this process writes; null before <see cref="StartAsync"/>.</summary>
    public string? Stream => _committer.Stream;

    public async ValueTask<CommitOutcome> CommitAsync(LedgerElement element, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var span = LedgerTracing.Commit();
        var pending = PendingElement.Prepare(element);
        pending.Span = span;
        if (Reason is { } reason)
        {
            throw new LedgerUnavailableException(reason);
        }

        if (!_queue.Writer.TryWrite(pending))
        {
            throw new LedgerUnavailableException("The ledger's queue is full: retry later.");
        }

        if (_isEnough is { } isEnough && HasEnough())
        {
            isEnough.TrySetResult();
        }

        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingElement)state!).CancelIfWaiting(token), pending);
        try
        {
            // Real time, independent of the clock used for decisions.
            return await pending.Outcome.WaitAsync(_options.CommitTimeout, TimeProvider.System, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            throw new LedgerUnavailableException(pending.TryAbandon()
                ? "The ledger could not be written in time: nothing was written, retry later."
                : "The ledger did not answer in time: retry with the same idempotency key.");
        }
    }

    /// <summary>Opens this process's stream and starts accepting elements.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _committer.OpenStreamAsync(cancellationToken);
        Reason = null;
        _running = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Commits the queued elements, then closes the stream. Elements not committed in time fail.</summary>
    /// <param name="cancellationToken">Ends the wait before <see cref="LedgerOptions.ShutdownTimeout"/> does.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_queue.Writer.TryComplete())
        {
            return;
        }

        Reason ??= "The server is shutting down: retry on another node.";
        _abort.CancelAfter(_options.ShutdownTimeout);
        await using var hurry = cancellationToken.UnsafeRegister(abort => ((CancellationTokenSource)abort!).Cancel(), _abort);
        await _running.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // It may end on the database's thread, which the caller closes next.
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
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
                var began = Stopwatch.GetTimestamp();
                var elements = _batch.Count;
                await _committer.CommitAsync(_batch, _deferred, reason => Reason = reason, _abort.Token);
                _pace.Committed(elements, began, Stopwatch.GetTimestamp());
            }

            await CloseStreamAsync();
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            _logger.LogWarning("The ledger's writer stopped with elements unwritten; its stream {Stream} stays open", Stream);
        }
        catch (Exception fault)
        {
            Reason = fault is LedgerBrokenException ? fault.Message : "The ledger's writer stopped because of an unexpected fault.";
            _logger.LogCritical(fault, "The ledger's writer has stopped permanently; this process exits. {Reason}", Reason);
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
            _logger.LogWarning(fault, "The ledger stream {Stream} could not be closed; another process will close it", Stream);
        }
    }

    // While signatures wait for a processor, commits compete with them: fewer and larger batches let more signatures
    // through, and gathered elements would have waited anyway. So many are left over that the processors have work meanwhile.
    private async Task GatherAsync()
    {
        var fewWait = _upcoming?.FewWaitAsync(_pace.ElementsDuringCommit) ?? Task.CompletedTask;
        if (fewWait.IsCompleted)
        {
            return;
        }

        TaskCompletionSource isEnough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _isEnough = isEnough;
        if (!HasEnough())
        {
            // Cancellation is handled at the commit.
            Task enough = Task.WhenAny(fewWait, isEnough.Task);
            await enough.WaitAsync(_options.MaxGathering, TimeProvider.System, _abort.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _isEnough = null;
        isEnough.TrySetResult(); // Ends the WhenAny, or continuations would pile up while signatures stay queued.
    }

    // A batch, or as much as waits for a processor. If all that is under way shared one commit, who just misses it would wait for all of
    // the others to be signed.
    private bool HasEnough() => QueueLength is var length && (length >= _options.MaxBatchElements || length >= _upcoming?.Waiting);

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
            pending.Fail(new LedgerUnavailableException($"{reason} Whether this was written is unknown."));
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

/// <summary>Whether the ledger can be written. If not, nothing is signed.</summary>
public interface ILedgerHealth
{
    /// <summary>Whether elements are accepted.</summary>
    bool IsWritable { get; }

    /// <summary>The reason why not, for an operator; null while it is writable.</summary>
    string? Reason { get; }

    /// <summary>Completes when this process will never accept elements again. Never fails.</summary>
    Task Broken { get; }
}

/// <summary>
/// Estimates the database's clock between commits: the node's clock plus the last observed difference. Entries have
/// that time; the commit refuses an estimate that is too far off and reports the true time.
/// </summary>
internal sealed class DatabaseClock(TimeProvider time, LedgerMetrics metrics)
{
    private long _offsetMs;
    private long _lastMs;

    /// <summary>The time of the next batch; never before that of the previous one.</summary>
    public long Next() => Math.Max(_lastMs, time.GetUtcNow().ToUnixTimeMilliseconds() + _offsetMs);

    /// <summary>Records the database's current time.</summary>
    public void Observe(long nowMs)
    {
        _offsetMs = nowMs - time.GetUtcNow().ToUnixTimeMilliseconds();
        metrics.ClockSkew(TimeSpan.FromMilliseconds(-_offsetMs));
    }

    /// <summary>Whether the last batch's time is too far ahead of the database's clock for another commit.</summary>
    public bool IsAheadOf(long nowMs, TimeSpan tolerance) => _lastMs - nowMs > (long)tolerance.TotalMilliseconds;

    /// <summary>Resets the last batch's time, for a new stream.</summary>
    public void Reset() => _lastMs = 0;

    /// <summary>Records the time of a committed batch.</summary>
    public void Committed(long atMs) => _lastMs = Math.Max(_lastMs, atMs);
}
