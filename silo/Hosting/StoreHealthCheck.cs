using CodeSigning.Grains.States;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CodeSigning.Silo.Hosting;

/// <summary>Whether the store answers a read.</summary>
internal sealed class StoreHealthCheck(IStateStore store) : IHealthCheck
{
    // What throws otherwise is unhealthy too; the framework logs it whole.
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
