using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Hosting;

/// <summary>The ledger can be written while its writer accepts elements and the store was not rolled back.</summary>
internal sealed class LedgerHealth(LedgerWriter writer, HighWaterWatch highWater) : ILedgerHealth
{
    public bool IsWritable => Reason is null;

    public string? Reason => highWater.WentBack is { IsCompletedSuccessfully: true } wentBack ? wentBack.Result : writer.Reason;

    public Task Broken { get; } = Task.WhenAny(writer.Broken, highWater.WentBack);
}

/// <summary>
/// Ends a process whose ledger is permanently broken, so that its supervisor starts another. The ledger's writer has
/// logged the reason.
/// </summary>
internal sealed class LedgerWatch(ILedgerHealth ledger, IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>The exit status of a process whose ledger broke (sysexits: EX_SOFTWARE).</summary>
    public const int ExitStatus = 70;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ledger.Broken.WaitAsync(stoppingToken);
        Environment.ExitCode = ExitStatus;
        lifetime.StopApplication();
    }
}

/// <summary>Whether the ledger accepts entries; if not, nothing is signed.</summary>
internal sealed class LedgerHealthCheck(ILedgerHealth ledger) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ledger.IsWritable ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(ledger.Reason));
}

/// <summary>Whether the process can recover; if not, only a restart helps.</summary>
internal sealed class ProcessHealthCheck(ILedgerHealth ledger) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ledger.Broken.IsCompleted ? HealthCheckResult.Unhealthy(ledger.Reason) : HealthCheckResult.Healthy());
}

/// <summary>Whether the store answers a read.</summary>
internal sealed class StoreHealthCheck(IStateStore store) : IHealthCheck
{
    // Any other exception is unhealthy too; the framework logs it.
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.ListAsync(new StateQuery(StateTypes.Signer, Limit: 1), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (StoreUnavailableException away)
        {
            return HealthCheckResult.Unhealthy(TroubleLog.CauseOf(away));
        }
    }
}
