using System.Diagnostics;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// Commits batches to this process's stream, one at a time: proposes a batch, removes the elements that the commit
/// refuses, and proposes again until the rest is durable. Used by the writer's loop only.
/// </summary>
internal sealed class BatchCommitter(
    ILedgerCommits commits,
    OwnStream stream,
    IUseCountReader useCounts,
    IEnumerable<ICommitObserver> observers,
    LedgerMetrics metrics,
    TimeProvider time,
    IOptions<LedgerOptions> options,
    ILogger<BatchCommitter> logger)
{
    private const int MaxContentions = 50;

    private readonly ICommitObserver[] _observers = [.. observers];
    private readonly DatabaseClock _clock = new(time, metrics);
    private readonly UseCounts _counts = new(useCounts);

    public string? Stream => stream.Id;

    public async Task OpenStreamAsync(CancellationToken cancellationToken)
    {
        await stream.OpenAsync(cancellationToken);
        _clock.Observe(await commits.ReadClockAsync(cancellationToken));
    }

    public Task CloseStreamAsync(CancellationToken cancellationToken) => stream.CloseAsync(_clock.Next(), cancellationToken);

    /// <summary>
    /// Completes every element of the batch, or puts it into <paramref name="deferred"/>. A batch that fails is split
    /// until the failing elements fail alone.
    /// </summary>
    /// <param name="batch">The elements, without conflicts (<see cref="BatchConflicts"/>).</param>
    /// <param name="deferred">Receives the elements for a later batch.</param>
    /// <param name="reportUnavailable">
    /// Receives the reason while the ledger cannot be written, and null when it can again.
    /// </param>
    /// <param name="cancellationToken">Cancels the call; the outcome of elements is then unknown.</param>
    /// <exception cref="LedgerBrokenException">The ledger is not in the state that this process left it in.</exception>
    public async Task CommitAsync(
        List<PendingElement> batch, List<PendingElement> deferred, Action<string?> reportUnavailable, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Elements whose callers already have an outcome must not be written.
            batch.RemoveAll(pending => pending.IsCallerGone || pending.Outcome.IsCompleted);
            if (batch.Count == 0)
            {
                return;
            }

            using var span = LedgerTracing.IsOn ? LedgerTracing.Batch(batch.ConvertAll(pending => pending.Span)) : null;
            try
            {
                if (await TryCommitAsync(batch, deferred, reportUnavailable, cancellationToken))
                {
                    return;
                }
            }
            catch (Exception fault) when (fault is not LedgerBrokenException && !IsGivingUp(fault, cancellationToken))
            {
                Split(batch, deferred, fault);
            }
        }
    }

    /// <summary>Proposes a batch once.</summary>
    /// <returns>Whether the batch is done; otherwise the rest can be proposed again.</returns>
    private async Task<bool> TryCommitAsync(
        List<PendingElement> batch, List<PendingElement> deferred, Action<string?> reportUnavailable, CancellationToken cancellationToken)
    {
        var counts = await WhileUnavailableAsync(
            () => _counts.ReadAsync(batch, cancellationToken), reportUnavailable, cancellationToken);
        UseAssignment uses = new(counts);
        foreach (var uncounted in uses.Assign(batch, deferred))
        {
            Fail(uncounted, new UnreachableException("The element's use count was not read."));
        }

        if (batch.Count == 0)
        {
            return true;
        }

        var proposal = stream.Propose(batch, counts, uses.After, _clock.Next());
        var started = Stopwatch.GetTimestamp();
        var report = await WhileUnavailableAsync(() => SendAsync(proposal, cancellationToken), reportUnavailable, cancellationToken);
        switch (report.Status)
        {
            case CommitStatus.Committed or CommitStatus.AlreadyCommitted:
                Complete(batch, proposal, uses.After, report, Stopwatch.GetElapsedTime(started));
                return true;
            case CommitStatus.Refused:
                Refuse(batch, report);
                if (_clock.IsAheadOf(report.NowMs, options.Value.TimeTolerance))
                {
                    await WhileUnavailableAsync(() => ContinueAtEarlierTimeAsync(cancellationToken), reportUnavailable, cancellationToken);
                }

                return false;
            default:
                await WhileUnavailableAsync(() => ContinueInNewStreamAsync(cancellationToken), reportUnavailable, cancellationToken);
                return false;
        }
    }

    private async Task<CommitReport> SendAsync(CommitProposal proposal, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await commits.CommitAsync(proposal, cancellationToken);
            }
            catch (StoreContentionException contention) when (attempt < MaxContentions)
            {
                // A conflict that persists has its cause in the batch itself.
                metrics.Retried();
                logger.LogDebug(contention, "The batch conflicted with another node's commit and is proposed again");
            }
            catch (Exception fault) when (!IsOfStore(fault) && !IsGivingUp(fault, cancellationToken))
            {
                if (!await stream.HoldsAsync(proposal, fault, cancellationToken))
                {
                    throw;
                }

                logger.LogError(fault, "A batch is committed, but the commit's response could not be read");
                return new CommitReport(CommitStatus.AlreadyCommitted, proposal.AtMs);
            }
        }
    }

    private async Task<string?> ContinueInNewStreamAsync(CancellationToken cancellationToken)
    {
        if (!await stream.IsClosedAtItsEndAsync(cancellationToken))
        {
            throw new LedgerBrokenException(
                $"The database's ledger stream {Stream} does not end where this process wrote last. The database was "
                + "restored or changed while the service ran: stop all nodes, verify the ledger, then start them again.");
        }

        var closed = Stream;
        await stream.OpenAsync(cancellationToken);
        logger.LogInformation("Another process closed the silent ledger stream {Closed}; this process continues in {Stream}", closed, Stream);
        return Stream;
    }

    // Times within a stream never decrease, so a new stream is needed after the database's clock was set back.
    private async Task<string?> ContinueAtEarlierTimeAsync(CancellationToken cancellationToken)
    {
        var closed = Stream;
        await stream.CloseAsync(_clock.Next(), cancellationToken);
        await stream.OpenAsync(cancellationToken);
        _clock.Reset();
        logger.LogWarning(
            "The database's clock was set back: closed the ledger stream {Closed} and continued in {Stream} at the earlier time", closed, Stream);
        return Stream;
    }

    // A commit whose response was lost is repeated with the same proposal, which is idempotent.
    private async Task<T> WhileUnavailableAsync<T>(
        Func<Task<T>> attempt, Action<string?> reportUnavailable, CancellationToken cancellationToken)
    {
        var wasUnavailable = false;
        try
        {
            while (true)
            {
                try
                {
                    return await attempt();
                }
                catch (StoreUnavailableException unavailable)
                {
                    if (!wasUnavailable)
                    {
                        logger.LogError(unavailable, "The store cannot be written; signing is suspended until it is available");
                    }

                    wasUnavailable = true;
                    reportUnavailable("The store is temporarily unavailable: retry later.");
                    metrics.Retried();
                    await Task.Delay(options.Value.RetryDelay, TimeProvider.System, cancellationToken);
                }
            }
        }
        finally
        {
            // A refusal also shows that the store is available.
            if (wasUnavailable && !cancellationToken.IsCancellationRequested)
            {
                logger.LogInformation("The store is available again; the ledger is written again");
                reportUnavailable(null);
            }
        }
    }

    private void Complete(
        List<PendingElement> batch,
        CommitProposal proposal,
        IReadOnlyDictionary<string, long> usedUp,
        CommitReport report,
        TimeSpan duration)
    {
        try
        {
            stream.MoveTo(proposal);
            _clock.Observe(report.NowMs);
            _clock.Committed(proposal.AtMs);
            metrics.Committed(batch.Count, duration);
            foreach (var (write, version, _) in proposal.UseCounts)
            {
                _counts.Set(write.Id, new UseCount(version, usedUp[write.Id]));
            }

            NotifyObservers(proposal);
            Tell(batch, proposal);
        }
        catch (Exception fault)
        {
            throw new LedgerBrokenException("The ledger's writer failed to record a committed batch.", fault);
        }
    }

    private static void Tell(List<PendingElement> batch, CommitProposal proposal)
    {
        var at = LedgerTime.ToTime(proposal.AtMs);
        var number = proposal.Expected.Number;
        foreach (var pending in batch)
        {
            var placed = pending.Entries.IsEmpty ? 0 : number + 1;
            number += pending.Entries.Length;
            pending.Complete(new CommitOutcome.Committed(at, proposal.Stream, placed, pending.Use));
        }
    }

    private void NotifyObservers(CommitProposal proposal)
    {
        if (proposal.Writes.Count == 0 || _observers.Length == 0)
        {
            return;
        }

        StateVersion[] written = [.. proposal.Writes.Select(w => w.Write.Result())];
        foreach (var observer in _observers)
        {
            try
            {
                observer.OnCommitted(written);
            }
            catch (Exception exception)
            {
                // The batch is committed: an observer that fails must not prevent the others from being notified.
                logger.LogError(exception, "The commit observer {Observer} failed", observer.GetType().Name);
            }
        }
    }

    private void Refuse(List<PendingElement> batch, CommitReport report)
    {
        metrics.BatchRefused();
        _clock.Observe(report.NowMs);
        foreach (var (grantId, _) in report.Uses)
        {
            _counts.Forget(grantId);
        }

        foreach (var stale in report.Stale.Where(version => version.Type == StateTypes.UseCount))
        {
            _counts.Forget(stale.Id);
        }

        // Judge all elements before completing any, so that a fault leaves the batch intact.
        RefusalDecision decision = new(report);
        var verdicts = batch.Select(pending => (Pending: pending, Verdict: decision.Judge(pending))).ToList();
        foreach (var (_, verdict) in verdicts)
        {
            Count(verdict);
        }

        batch.Clear();
        foreach (var (pending, verdict) in verdicts)
        {
            Apply(verdict, pending, batch);
        }
    }

    private void Count(RefusalDecision.Verdict verdict)
    {
        switch (verdict)
        {
            case RefusalDecision.Verdict.Refused refused:
                metrics.ElementRefused(refused.Outcome.GetType().Name);
                break;
            case RefusalDecision.Verdict.Duplicate:
                metrics.ElementRefused(nameof(RefusalDecision.Verdict.Duplicate));
                break;
        }
    }

    private static void Apply(RefusalDecision.Verdict verdict, PendingElement pending, List<PendingElement> staying)
    {
        switch (verdict)
        {
            case RefusalDecision.Verdict.Refused refused:
                pending.Complete(refused.Outcome);
                break;
            case RefusalDecision.Verdict.Duplicate duplicate:
                pending.Fail(new InvalidOperationException($"Operation {duplicate.OperationId} is already in the ledger."));
                break;
            default:
                staying.Add(pending);
                break;
        }
    }

    // An element that cannot be committed must not fail the others: a failing batch is halved, down to the elements
    // that fail alone. Nothing of the batch was written.
    private void Split(List<PendingElement> batch, List<PendingElement> deferred, Exception fault)
    {
        switch (batch)
        {
            case []:
                logger.LogError(fault, "The ledger stream {Stream} could not be closed or replaced; the next batch retries it", Stream);
                break;
            case [var only]:
                Fail(only, fault);
                batch.Clear();
                break;
            default:
                logger.LogWarning("A batch of {Count} elements failed and is split: {Fault}", batch.Count, fault.Message);
                var half = batch.Count / 2;
                deferred.AddRange(batch.Skip(half));
                batch.RemoveRange(half, batch.Count - half);
                break;
        }
    }

    private void Fail(PendingElement pending, Exception fault)
    {
        var errorId = Guid.NewGuid().ToString("n");
        logger.LogError(fault, "Fault {ErrorId}: the ledger could not commit an element; nothing of it was written", errorId);
        metrics.ElementRefused(nameof(ElementFailedException));
        pending.Fail(new ElementFailedException("The ledger could not commit the element: nothing was written.", fault) { ErrorId = errorId });
    }

    private static bool IsOfStore(Exception fault) =>
        fault is StoreUnavailableException or StoreRejectedException or StoreContentionException;

    private static bool IsGivingUp(Exception fault, CancellationToken cancellationToken) =>
        fault is OperationCanceledException && cancellationToken.IsCancellationRequested;
}

/// <summary>Observes this process's commits, so that caches can evict changed states.</summary>
public interface ICommitObserver
{
    /// <summary>
    /// Called after each commit that changed states, before its callers continue. It must be quick and must not block.
    /// </summary>
    /// <param name="written">The states with their new versions; 0 for deleted ones.</param>
    void OnCommitted(IReadOnlyList<StateVersion> written);
}
