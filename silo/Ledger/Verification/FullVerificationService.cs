using CodeSigning.Grains.States;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>Has the whole ledger verified on a schedule, by one of the nodes, as long as they run.</summary>
internal sealed class FullVerificationService(
    ILedgerVerification verification,
    FullVerifications results,
    LedgerMetrics metrics,
    TimeProvider time,
    IOptions<VerificationOptions> options,
    ILogger<FullVerificationService> logger) : BackgroundService
{
    private readonly TroubleLog _trouble = new(logger, time);
    private FullVerification? _last;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Interval <= TimeSpan.Zero)
        {
            return;
        }

        metrics.ObserveVerification(() => _last is { } last ? (last.Problems, time.GetUtcNow() - last.EndedAt) : null);
        var startedAt = time.GetTimestamp();
        using PeriodicTimer timer = new(options.Value.LookInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryAsync(isEarly: time.GetElapsedTime(startedAt) < options.Value.FirstAfter, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    private async Task TryAsync(bool isEarly, CancellationToken cancellationToken)
    {
        try
        {
            _last = await results.FindLastAsync(cancellationToken) ?? _last;
            if (!isEarly && await TryClaimAsync(cancellationToken))
            {
                await VerifyAsync(cancellationToken);
            }

            _trouble.Over("The ledger is verified in the background again.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // An exception that left this service would stop the host, and nobody could verify the ledger any more.
            _trouble.Met(
                exception,
                "The ledger was not verified in the background; it is tried again.",
                "The ledger cannot be verified in the background. It is tried again.");
        }
    }

    private async Task<bool> TryClaimAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await results.TryClaimAsync(cancellationToken);
        }
        catch (StateTamperedException)
        {
            // Whoever changed the row must not thereby keep anybody from looking: this node goes by what it remembers.
            return _last is null || time.GetUtcNow() - _last.BeganAt >= options.Value.Interval;
        }
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var beganAt = time.GetUtcNow();
        logger.LogInformation("The whole ledger is being verified in the background.");
        try
        {
            var report = await verification.VerifyInBackgroundAsync(cancellationToken);
            _last = FullVerifications.Sum(report, beganAt, time.GetUtcNow(), results.Node);
            Tell(report, _last);
            await results.NoteAsync(report, _last, cancellationToken);
        }
        catch (Exception exception) when (exception is not StateTamperedException)
        {
            await results.ReleaseAsync(CancellationToken.None);
            throw;
        }
    }

    private void Tell(VerificationReport report, FullVerification found)
    {
        var took = TimeSpan.FromSeconds(Math.Round((found.EndedAt - found.BeganAt).TotalSeconds));
        if (report.Intact)
        {
            logger.LogInformation(
                "The whole ledger was verified and is intact: {Entries} entries and {Checkpoints} checkpoints in {Duration}.",
                report.Entries, report.Checkpoints, took);
            return;
        }

        logger.LogError(
            "The ledger is not intact: {Count} problems, the first of them in stream {Stream} at {Number}: {What} "
            + "Verify it with POST /api/v1/ledger/verify?full=true or silo check, which name them all.",
            report.Problems.Count, report.Problems[0].Stream ?? "(none)", report.Problems[0].Number ?? 0, report.Problems[0].What);
    }
}
