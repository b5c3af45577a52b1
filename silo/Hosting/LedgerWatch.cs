using CodeSigning.Silo.Ledger;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Hosting;

/// <summary>
/// Ends a process whose ledger will never be written again, so that whoever supervises it starts another. Why, the ledger's
/// writer has logged.
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
