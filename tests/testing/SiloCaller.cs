using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Testing;

/// <summary>Somebody who connects to a silo's port without being Orleans.</summary>
public sealed class SiloCaller : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly TcpClient _tcp;
    private readonly Stream _stream;

    private SiloCaller(TcpClient tcp, Stream stream)
    {
        _tcp = tcp;
        _stream = stream;
    }

    /// <summary>The caller's own address, as the silo sees it.</summary>
    public string Address => _tcp.Client.LocalEndPoint!.ToString()!;

    /// <summary>The certificate that the silo showed; null without TLS.</summary>
    public X509Certificate2? SiloCertificate => (_stream as SslStream)?.RemoteCertificate as X509Certificate2;

    /// <summary>Connects without TLS.</summary>
    public static async Task<SiloCaller> ConnectAsync(IPEndPoint silo)
    {
        TcpClient tcp = new(silo.AddressFamily);
        await tcp.ConnectAsync(silo);
        return new SiloCaller(tcp, tcp.GetStream());
    }

    /// <summary>
    /// Connects with TLS, trusting whatever the silo shows. With TLS 1.3 this ends well before the silo has judged the
    /// certificate, so what counts is what comes after.
    /// </summary>
    public static async Task<SiloCaller> ConnectAsync(IPEndPoint silo, X509Certificate2? certificate, SslProtocols protocols = SslProtocols.None)
    {
        TcpClient tcp = new(silo.AddressFamily);
        await tcp.ConnectAsync(silo);
        SslStream tls = new(tcp.GetStream());
        SiloCaller caller = new(tcp, tls);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "silo",
                EnabledSslProtocols = protocols,
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            }).WaitAsync(Bound);
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            // The silo said so before the handshake's end; nothing can be read either.
        }

        return caller;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes);

    /// <summary>Reads what the silo says first, Orleans' preamble for one that it takes for a silo.</summary>
    /// <returns>How many bytes; 0 where it hung up.</returns>
    public async Task<int> ReadAsync()
    {
        try
        {
            return await _stream.ReadAsync(new byte[4096]).AsTask().WaitAsync(Bound);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return 0;
        }
    }

    /// <summary>Waits until the silo has hung up, whatever it says until then.</summary>
    public async Task WaitForEndAsync()
    {
        while (await ReadAsync() > 0)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _tcp.Dispose();
    }
}
