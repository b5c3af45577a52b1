using CodeSigning.Silo.Ledger;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CodeSigning.Silo.Hosting;

/// <summary>Whether the ledger takes entries: without it nothing is signed.</summary>
internal sealed class LedgerHealthCheck(ILedgerHealth ledger) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ledger.IsWritable ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(ledger.Reason));
}
