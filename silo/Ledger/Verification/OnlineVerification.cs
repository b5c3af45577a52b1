using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Export;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Verification;

/// <inheritdoc/>
internal sealed class OnlineVerification(
    IReadConnections connections,
    ILedgerKey key,
    IStateSealer sealer,
    IEnumerable<StateKind> kinds,
    IOptions<VerificationOptions> options)
    : ILedgerVerification, IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private VerificationProgress? _progress;

    public async Task<VerificationReport> VerifyAsync(bool full, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (full || _progress is null)
            {
                Replace(new VerificationProgress(key));
            }

            return await VerifierOver(connections).VerifyAsync(_progress!, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<VerificationReport> VerifyInBackgroundAsync(CancellationToken cancellationToken)
    {
        VerificationProgress progress = new(key);
        try
        {
            PacedReads paced = new(connections, options.Value.Rest);
            var report = await VerifierOver(paced).VerifyAsync(progress, cancellationToken);
            await _gate.WaitAsync(cancellationToken);
            // What it found counts for the calls that follow, until another full verification finds otherwise.
            Replace(progress);
            _gate.Release();
            return report;
        }
        catch
        {
            progress.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _progress?.Dispose();
        _gate.Dispose();
    }

    private StoredLedgerVerifier VerifierOver(IReadConnections reads) =>
        new(new LedgerPages(reads), new StateVerifier(reads, sealer, kinds));

    private void Replace(VerificationProgress progress)
    {
        _progress?.Dispose();
        _progress = progress;
    }
}
