using System.Diagnostics;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;
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
    IGrantUseReader grantUses,
    IEnumerable<ICommitObserver> observers,
    LedgerMetrics metrics,
    TimeProvider time,
    IOptions<LedgerOptions> options,
    ILogger<BatchCommitter> logger)
{
    private const int MaxContentions = 50;

    private readonly ICommitObserver[] _observers = [.. observers];
    private readonly DatabaseClock _clock = new(time, metrics);
    private readonly GrantCounts _counts = new();

    public string? Stream => stream.Id;

    public async Task OpenStreamAsync(CancellationToken cancellationToken)
    {
        await stream.OpenAsync(cancellationToken);
        _clock.Observe(await commits.ReadClockAsync(cancellationToken));
    }

    public Task CloseStreamAsync(CancellationToken cancellationToken) => stream.CloseAsync(_clock.Next(), cancellationToken);

    /// <summary>Completes every element of the batch, or puts it into <paramref name="deferred"/>.</summary>
    /// <param name="batch">The elements; none of them in the way of another (<see cref="BatchConflicts"/>).</param>
    /// <param name="deferred">Receives the elements that must wait for another batch.</param>
    /// <param name="tellUnavailable">Is told why the ledger cannot be written, and null when it can again.</param>
    /// <param name="cancellationToken">Gives up, leaving elements whose fate is not known.</param>
    public async Task CommitAsync(
        List<PendingElement> batch, List<PendingElement> deferred, Action<string?> tellUnavailable, CancellationToken cancellationToken)
    {
        while (true)
        {
            batch.RemoveAll(pending => pending.IsCallerGone);
            await WhileUnavailableAsync(() => ReadCountsAsync(batch, cancellationToken), tellUnavailable, cancellationToken);
            UseAssignment.Assign(batch, _counts, deferred);
            if (batch.Count == 0)
                return;

            var proposal = stream.Propose(batch, _clock.Next());
            var started = Stopwatch.GetTimestamp();
            CommitReport? report = null;
            try
            {
                await WhileUnavailableAsync(
                    async () => report = await CommitOnceAsync(proposal, cancellationToken), tellUnavailable, cancellationToken);
            }
            catch (StoreRejectedException rejected)
            {
                Reject(batch, deferred, rejected);
                continue;
            }

            switch (report!.Status)
            {
                case CommitStatus.Committed or CommitStatus.AlreadyCommitted:
                    metrics.Committed(batch.Count, Stopwatch.GetElapsedTime(started));
                    Complete(batch, proposal, report);
                    return;
                case CommitStatus.Refused:
                    Refuse(batch, deferred, report);
                    if (_clock.IsAheadOf(report.NowMs, options.Value.TimeTolerance))
                        await WhileUnavailableAsync(() => GoOnAtAnEarlierTimeAsync(cancellationToken), tellUnavailable, cancellationToken);

                    break;
                default:
                    await WhileUnavailableAsync(() => GoOnInAnotherStreamAsync(cancellationToken), tellUnavailable, cancellationToken);
                    break;
            }
        }
    }

    private async Task<CommitReport> CommitOnceAsync(CommitProposal proposal, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await commits.CommitAsync(proposal, cancellationToken);
            }
            catch (StoreContentionException contention)
            {
                // What is in the way every time is in the batch itself.
                if (attempt == MaxContentions)
                    throw new StoreRejectedException("The batch stands in its own way.", contention);

                metrics.Retried();
                logger.LogDebug(contention, "Another node's commit was in the way; proposing the batch again.");
            }
        }
    }

    private async Task GoOnInAnotherStreamAsync(CancellationToken cancellationToken)
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
    }

    // Within a stream time never goes back, so where the database's clock was set back this one has come to its end.
    private async Task GoOnAtAnEarlierTimeAsync(CancellationToken cancellationToken)
    {
        var closed = Stream;
        await stream.CloseAsync(_clock.Next(), cancellationToken);
        await stream.OpenAsync(cancellationToken);
        _clock.BeginAnew();
        logger.LogWarning(
            "The database's clock was set back. The ledger stream {Closed} is closed and {Stream} goes on at the earlier time.", closed, Stream);
    }

    // A commit whose answer was lost is repeated with the very same proposal: it finds itself written, or goes in.
    private async Task WhileUnavailableAsync(Func<Task> attempt, Action<string?> tellUnavailable, CancellationToken cancellationToken)
    {
        var wasUnavailable = false;
        while (true)
        {
            try
            {
                await attempt();
                if (wasUnavailable)
                {
                    logger.LogInformation("The store is back; the ledger is written again.");
                    tellUnavailable(null);
                }

                return;
            }
            catch (StoreUnavailableException unavailable)
            {
                if (!wasUnavailable)
                    logger.LogError(unavailable, "The store cannot be written; nothing is signed until it is back.");

                wasUnavailable = true;
                tellUnavailable("The store cannot be written at the moment.");
                metrics.Retried();
                await Task.Delay(options.Value.RetryDelay, TimeProvider.System, cancellationToken);
            }
        }
    }

    private async Task ReadCountsAsync(List<PendingElement> batch, CancellationToken cancellationToken)
    {
        List<string> unknown = [];
        foreach (var pending in batch)
        {
            if (pending.Element.Use is { } use && !_counts.TryGet(use.GrantId, out _) && !unknown.Contains(use.GrantId))
                unknown.Add(use.GrantId);
        }

        foreach (var grantId in unknown)
            _counts.Set(grantId, await grantUses.CountUsesAsync(grantId, cancellationToken));
    }

    private void Complete(List<PendingElement> batch, CommitProposal proposal, CommitReport report)
    {
        stream.MoveTo(proposal);
        _clock.Observe(report.NowMs);
        _clock.Committed(proposal.AtMs);
        foreach (var pending in batch)
        {
            if (pending.Use is { } use)
                _counts.Set(pending.Element.Use!.GrantId, use);
        }

        NotifyObservers(proposal);
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
            return;

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

    private void Refuse(List<PendingElement> batch, List<PendingElement> deferred, CommitReport report)
    {
        metrics.BatchRefused();
        _clock.Observe(report.NowMs);
        foreach (var (grantId, count) in report.Uses)
            _counts.Set(grantId, count);

        RefusalDecision decision = new(report);
        batch.RemoveAll(pending =>
        {
            switch (decision.Judge(pending))
            {
                case RefusalDecision.Verdict.Refused refused:
                    metrics.ElementRefused(refused.Outcome.GetType().Name);
                    pending.Complete(refused.Outcome);
                    return true;
                case RefusalDecision.Verdict.Duplicate duplicate:
                    metrics.ElementRefused(nameof(RefusalDecision.Verdict.Duplicate));
                    pending.Fail(new InvalidOperationException($"The ledger holds operation {duplicate.OperationId} already."));
                    return true;
                case RefusalDecision.Verdict.Wait:
                    deferred.Add(pending);
                    return true;
                default:
                    return false;
            }
        });
    }

    // One element that the store cannot take must not take the others with it: alone in a batch, each shows what it is.
    private void Reject(List<PendingElement> batch, List<PendingElement> deferred, StoreRejectedException rejected)
    {
        if (batch.Count == 1)
        {
            logger.LogError(rejected, "The store refuses an element.");
            batch[0].Fail(rejected);
            batch.Clear();
            return;
        }

        deferred.AddRange(batch.Skip(1));
        batch.RemoveRange(1, batch.Count - 1);
    }
}
