using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Pki;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Certificates;

/// <summary>
/// Reports at start-up the stored certificates whose keys are on the operator's lists. They keep signing: stopping
/// every release at a restart is the operator's decision.
/// </summary>
internal sealed class CompromisedKeyReport(
    CompromisedKeys compromised, IStateStore store, ILogger<CompromisedKeyReport> log) : IHostedService
{
    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        log.LogInformation("{Keys} compromised keys are known from {Lists}", compromised.Count, string.Join(", ", compromised.Names));
        var chains = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var row in store.ReadAllAsync<CertificateState>(new StateQuery(StateTypes.Certificate), cancellationToken))
        {
            if (row.State.Stage is not CertificateStage.Active { Certificate: var certificate })
            {
                continue;
            }

            Report(row.State);
            if (chains.Add(certificate.ChainPem))
            {
                ReportChain(row.Id, certificate.ChainPem);
            }
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Report(CertificateState certificate)
    {
        if (compromised.FindListOf(certificate.PublicKey.Span) is { } list)
        {
            log.LogError(
                "The key of certificate {Certificate} ({Subject}) is in the list of compromised keys {List}: stop its signers and revoke it, since others can sign with it",
                certificate.Id, certificate.Subject, list);
        }
    }

    private void ReportChain(string certificateId, string chainPem)
    {
        foreach (var authority in Pem.ReadCertificates(chainPem))
        {
            if (compromised.FindListOf(authority.SubjectPublicKeyInfo.Span) is { } list)
            {
                log.LogError(
                    "The key of the CA {Subject} above certificate {Certificate} is in the list of compromised keys {List}: anyone can issue certificates under it",
                    authority.Subject, certificateId, list);
            }
        }
    }
}
