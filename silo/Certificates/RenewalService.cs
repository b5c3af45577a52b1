using CodeSigning.Grains.Administration;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Certificates;

/// <summary>Renews certificates that are due, at the start and once an hour. Of several nodes one does it.</summary>
internal sealed class RenewalService(CertificateRenewal renewal, TimeProvider time, ILogger<RenewalService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private readonly RepeatedWork _work = new(
        log,
        time,
        "Certificates are renewed again.",
        "Certificates could not be renewed; the next attempt is in an hour.",
        "Certificates could not be renewed; the next attempt is in an hour: fix the cause.");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        _work.RepeatAsync(Interval, RenewAsync, stoppingToken, isDue: true);

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
