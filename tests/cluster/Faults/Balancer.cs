using System.Diagnostics;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>HAProxy in front of nodes, configured by deploy/haproxy.cfg.</summary>
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
            frontend api
                bind 127.0.0.1:{Address.Port}
                default_backend nodes
            backend nodes
            {string.Concat(nodes.Select((node, i) => $"    server node{i + 1} {node.Authority}\n"))}
            """);
        _process = Process.Start(new ProcessStartInfo("haproxy", ["-db", "-q", "-f", Path.Combine(SourceTree.Root, "deploy/haproxy.cfg"), "-f", configuration]))
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
