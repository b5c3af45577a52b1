using CodeSigning.Silo.Ledger;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CodeSigning.Silo.Hosting;

/// <summary>Whether the process can still be of use: what ails it may pass. Where it cannot, only another process helps.</summary>
internal sealed class ProcessHealthCheck(ILedgerHealth ledger) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ledger.Broken.IsCompleted ? HealthCheckResult.Unhealthy(ledger.Reason) : HealthCheckResult.Healthy());
}
