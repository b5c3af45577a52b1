using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Certificates;

/// <summary>Renews certificates that are due, at the start and once an hour. Of several nodes one does it.</summary>
internal sealed class RenewalService(CertificateRenewal renewal, TimeProvider time, ILogger<RenewalService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            try
            {
                await RenewAsync(stoppingToken);
            }
            catch (Exception away) when (away is StoreUnavailableException or LedgerUnavailableException or StateTamperedException)
            {
                log.LogWarning("Certificates could not be renewed: {Reason} The next attempt is in an hour", away.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var renewed = await renewal.RenewDueAsync(
            (id, reason) => log.LogError("The certificate {Certificate} could not be renewed: {Reason}", id, reason), cancellationToken);
        foreach (var (id, successor) in renewed)
        {
            log.LogInformation("The certificate {Certificate} was renewed by {Successor}", id, successor);
        }
    }
}
