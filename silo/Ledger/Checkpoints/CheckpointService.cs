using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Checkpoints;

/// <summary>Makes a checkpoint every few seconds where something changed, as long as the node runs.</summary>
internal sealed class CheckpointService(
    SilentStreams silent,
    CheckpointWriter writer,
    TimeProvider time,
    IOptions<LedgerOptions> options,
    ILogger<CheckpointService> logger) : BackgroundService
{
    private readonly TroubleLog _trouble = new(logger, time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(options.Value.CheckpointInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryWriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    private async Task TryWriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await silent.CloseAsync(cancellationToken);
            await writer.WriteIfDueAsync(cancellationToken);
            _trouble.Over("Checkpoints are made again.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // An exception that left this service would stop the host, and nobody could verify the ledger any more.
            _trouble.Met(
                exception,
                "No checkpoint could be made; it is tried again.",
                "No checkpoint can be made. Verify the ledger: it may have been changed outside the service. It is tried again.");
        }
    }
}
