using System.Net.Security;
using System.Runtime.InteropServices;
using CodeSigning.Gateway.Settings;

namespace CodeSigning.Gateway.Hosting;

/// <summary>
/// The certificate that handshakes get: a renewed one is taken from its files within a minute, or at once on SIGHUP, and
/// connections that are open keep theirs. A pair of files that does not fit together, as during a renewal, changes nothing.
/// </summary>
internal sealed class TlsCertificates : IHostedService, IDisposable
{
    /// <summary>How often the files are read.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ILogger<TlsCertificates> _logger;
    private readonly Lock _gate = new();
    private volatile Presented _presented;
    private string? _toldMistake;
    private PosixSignalRegistration? _hangUp;
    private ITimer? _timer;

    public TlsCertificates(TlsIdentity first, TimeProvider time, ILogger<TlsCertificates> logger)
    {
        _time = time;
        _logger = logger;
        _presented = new Presented(first);
    }

    /// <summary>What the next handshake shows.</summary>
    public SslStreamCertificateContext Current => _presented.Context;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reread();
        });
        _timer = _time.CreateTimer(_ => Reread(), null, Interval, Interval);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hangUp?.Dispose();
        _timer?.Dispose();
    }

    private void Reread()
    {
        lock (_gate)
        {
            List<string> mistakes = [];
            var shown = _presented.Identity;
            var read = TlsIdentity.Read(shown.CertificatePath, shown.KeyPath, mistakes.Add);
            if (read is null)
            {
                TellOnce(string.Join(' ', mistakes), shown);
            }
            else if (!read.HasSameCertificates(shown))
            {
                _presented = new Presented(read);
                _logger.LogInformation("The TLS certificate was renewed: the new one ends at {NotAfter:u}", read.Certificate.NotAfter.ToUniversalTime());
            }

            _toldMistake = read is null ? _toldMistake : null;
        }
    }

    private void TellOnce(string mistake, TlsIdentity shown)
    {
        if (mistake == _toldMistake)
        {
            return;
        }

        _toldMistake = mistake;
        _logger.LogWarning(
            "The TLS certificate was not renewed, and the one that ends at {NotAfter:u} goes on: {Mistake}",
            shown.Certificate.NotAfter.ToUniversalTime(),
            mistake);
    }

    private sealed class Presented(TlsIdentity identity)
    {
        public TlsIdentity Identity { get; } = identity;

        public SslStreamCertificateContext Context { get; } =
            SslStreamCertificateContext.Create(identity.Certificate, identity.Chain, offline: true);
    }
}
