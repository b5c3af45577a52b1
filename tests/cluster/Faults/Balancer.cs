using System.Diagnostics;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>HAProxy in front of nodes, configured as deploy/local-cluster does.</summary>
internal sealed class Balancer : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="nodes">Where the nodes listen.</param>
    public Balancer(IEnumerable<Uri> nodes)
    {
        Address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var configuration = _directory.File("haproxy.cfg");
        File.WriteAllText(
            configuration,
            $"""
            global
                maxconn 2000
            defaults
                mode http
                option forwardfor
                option redispatch
                retries 3
                retry-on conn-failure
                timeout connect 2s
                timeout client 90s
                timeout server 90s
                timeout check 1s
                default-server check inter 1s fastinter 500ms downinter 1s fall 2 rise 1 on-marked-down shutdown-sessions
            frontend api
                bind 127.0.0.1:{Address.Port}
                default_backend nodes
            backend nodes
                balance leastconn
                option httpchk GET /readyz
                http-check expect status 200
            {string.Concat(nodes.Select((node, i) => $"    server node{i + 1} {node.Authority}\n"))}
            """);
        _process = Process.Start(new ProcessStartInfo("haproxy", ["-db", "-q", "-f", configuration]))
            ?? throw new InvalidOperationException("HAProxy did not start.");
    }

    /// <summary>Where clients ask.</summary>
    public Uri Address { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Dispose();
    }
}
