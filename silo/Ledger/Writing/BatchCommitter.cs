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
/// Commits batches to this process's stream, one at a time: proposes, is told what stands against it, drops who is
/// refused and proposes again, until what is left is durable. Used by the writer's loop alone.
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
    /// Completes every element of the batch, or puts it into <paramref name="deferred"/>. A fault is one of the batch: it is
    /// taken apart until the elements that fail do so alone.
    /// </summary>
    /// <param name="batch">The elements; none of them in the way of another (<see cref="BatchConflicts"/>).</param>
    /// <param name="deferred">Receives the elements that must wait for another batch.</param>
    /// <param name="tellUnavailable">Is told why the ledger cannot be written, and null when it can again.</param>
    /// <param name="cancellationToken">Gives up, leaving elements whose fate is not known.</param>
    /// <exception cref="LedgerBrokenException">What this process knows of the ledger is not true any more.</exception>
    public async Task CommitAsync(
        List<PendingElement> batch, List<PendingElement> deferred, Action<string?> tellUnavailable, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Whoever has an answer must not be written after it.
            batch.RemoveAll(pending => pending.IsCallerGone || pending.Outcome.IsCompleted);
            if (batch.Count == 0)
            {
                return;
            }

            try
            {
                if (await TryCommitAsync(batch, deferred, tellUnavailable, cancellationToken))
                {
                    return;
                }
            }
            catch (Exception fault) when (fault is not LedgerBrokenException && !IsGivingUp(fault, cancellationToken))
            {
                TakeApart(batch, deferred, fault);
            }
        }
    }

    /// <summary>Proposes a batch once.</summary>
    /// <returns>Whether nothing of it is left; else what is left of it can be proposed again.</returns>
    private async Task<bool> TryCommitAsync(
        List<PendingElement> batch, List<PendingElement> deferred, Action<string?> tellUnavailable, CancellationToken cancellationToken)
    {
        var counts = await WhileUnavailableAsync(
            () => _counts.ReadAsync(batch, cancellationToken), tellUnavailable, cancellationToken);
        UseAssignment uses = new(counts);
        foreach (var uncounted in uses.Assign(batch, deferred))
        {
            Fail(uncounted, new UnreachableException("What the element uses was not counted."));
        }

        if (batch.Count == 0)
        {
            return true;
        }

        var proposal = stream.Propose(batch, counts, uses.After, _clock.Next());
        var started = Stopwatch.GetTimestamp();
        var report = await WhileUnavailableAsync(() => SendAsync(proposal, cancellationToken), tellUnavailable, cancellationToken);
        switch (report.Status)
        {
            case CommitStatus.Committed or CommitStatus.AlreadyCommitted:
                Complete(batch, proposal, uses.After, report, Stopwatch.GetElapsedTime(started));
                return true;
            case CommitStatus.Refused:
                Refuse(batch, report);
                if (_clock.IsAheadOf(report.NowMs, options.Value.TimeTolerance))
                {
                    await WhileUnavailableAsync(() => GoOnAtAnEarlierTimeAsync(cancellationToken), tellUnavailable, cancellationToken);
                }

                return false;
            default:
                await WhileUnavailableAsync(() => GoOnInAnotherStreamAsync(cancellationToken), tellUnavailable, cancellationToken);
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
                // What is in the way every time is in the batch itself.
                metrics.Retried();
                logger.LogDebug(contention, "Another node's commit was in the way; proposing the batch again.");
            }
            catch (Exception fault) when (!IsOfStore(fault) && !IsGivingUp(fault, cancellationToken))
            {
                if (!await stream.HoldsAsync(proposal, fault, cancellationToken))
                {
                    throw;
                }

                logger.LogError(fault, "A batch is committed, but the commit's answer could not be read.");
                return new CommitReport(CommitStatus.AlreadyCommitted, proposal.AtMs);
            }
        }
    }

    private async Task<string?> GoOnInAnotherStreamAsync(CancellationToken cancellationToken)
    {
        if (!await stream.IsClosedAtItsEndAsync(cancellationToken))
        {
            throw new LedgerBrokenException(
                $"The database's ledger stream {Stream} does not end where this process wrote last. The database was "
                + "restored or changed while the service ran: stop all nodes, verify the ledger, then start them again.");
        }

        var closed = Stream;
        await stream.OpenAsync(cancellationToken);
        logger.LogInformation("Another process closed the silent ledger stream {Closed}; this one goes on in {Stream}.", closed, Stream);
        return Stream;
    }

    // Within a stream time never goes back, so where the database's clock was set back this one has come to its end.
    private async Task<string?> GoOnAtAnEarlierTimeAsync(CancellationToken cancellationToken)
    {
        var closed = Stream;
        await stream.CloseAsync(_clock.Next(), cancellationToken);
        await stream.OpenAsync(cancellationToken);
        _clock.BeginAnew();
        logger.LogWarning(
            "The database's clock was set back. The ledger stream {Closed} is closed and {Stream} goes on at the earlier time.", closed, Stream);
        return Stream;
    }

    // A commit whose answer was lost is repeated with the very same proposal: it finds itself written, or goes in.
    private async Task<T> WhileUnavailableAsync<T>(
        Func<Task<T>> attempt, Action<string?> tellUnavailable, CancellationToken cancellationToken)
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
                        logger.LogError(unavailable, "The store cannot be written; nothing is signed until it is back.");
                    }

                    wasUnavailable = true;
                    tellUnavailable("The store cannot be written at the moment.");
                    metrics.Retried();
                    await Task.Delay(options.Value.RetryDelay, TimeProvider.System, cancellationToken);
                }
            }
        }
        finally
        {
            // Also where the store is back with a refusal: it is back.
            if (wasUnavailable && !cancellationToken.IsCancellationRequested)
            {
                logger.LogInformation("The store is back; the ledger is written again.");
                tellUnavailable(null);
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
            throw new LedgerBrokenException("The ledger's writer failed to note a batch that is committed.", fault);
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
                // What is committed is committed: a cache that fails must not keep the others from hearing of it.
                logger.LogError(exception, "{Observer} failed on a commit that it was told of.", observer.GetType().Name);
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

        // All are judged before any is told: a fault in between leaves the batch whole.
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
                pending.Fail(new InvalidOperationException($"The ledger holds operation {duplicate.OperationId} already."));
                break;
            default:
                staying.Add(pending);
                break;
        }
    }

    // An element that cannot be committed must not take the others with it: what fails together is tried in halves, down to
    // those that fail alone. Nothing of the batch was written.
    private void TakeApart(List<PendingElement> batch, List<PendingElement> deferred, Exception fault)
    {
        switch (batch)
        {
            case []:
                logger.LogError(fault, "The ledger stream {Stream} cannot be ended or followed by another; the next batch tries it again.", Stream);
                break;
            case [var only]:
                Fail(only, fault);
                batch.Clear();
                break;
            default:
                logger.LogWarning("A batch of {Count} elements failed; it is taken apart. {Fault}", batch.Count, fault.Message);
                var half = batch.Count / 2;
                deferred.AddRange(batch.Skip(half));
                batch.RemoveRange(half, batch.Count - half);
                break;
        }
    }

    private void Fail(PendingElement pending, Exception fault)
    {
        var errorId = Guid.NewGuid().ToString("n");
        logger.LogError(fault, "Fault {ErrorId}: the ledger cannot take an element. Nothing of it was written.", errorId);
        metrics.ElementRefused(nameof(ElementFailedException));
        pending.Fail(new ElementFailedException("The ledger could not commit the element: nothing was written.", fault) { ErrorId = errorId });
    }

    private static bool IsOfStore(Exception fault) =>
        fault is StoreUnavailableException or StoreRejectedException or StoreContentionException;

    private static bool IsGivingUp(Exception fault, CancellationToken cancellationToken) =>
        fault is OperationCanceledException && cancellationToken.IsCancellationRequested;
}

/// <summary>Hears what this process has committed, so that caches can drop what changed.</summary>
public interface ICommitObserver
{
    /// <summary>
    /// Called after each commit that changed states, before those who wait for it go on. It must be quick and must not
    /// block.
    /// </summary>
    /// <param name="written">The states with their new versions; 0 for those that are gone.</param>
    void OnCommitted(IReadOnlyList<StateVersion> written);
}
