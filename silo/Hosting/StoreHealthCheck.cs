using CodeSigning.Grains.States;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CodeSigning.Silo.Hosting;

/// <summary>Whether the store answers a read.</summary>
internal sealed class StoreHealthCheck(IStateStore store) : IHealthCheck
{
    // What throws is unhealthy; the framework logs it and says no more of it.
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await store.ListAsync(new StateQuery(StateTypes.Signer, Limit: 1), cancellationToken);
        return HealthCheckResult.Healthy();
    }
}
