using System.Diagnostics;
using System.Globalization;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>
/// A network namespace for each node, on three networks: one that clients come by, one among the nodes, and one to the
/// database. Each can be cut off silently, as a switch that fails would: packets vanish, and no connection is told so.
/// </summary>
internal sealed class NodeNetwork : IAsyncDisposable
{
    // Unique to this process, and short: a device's name has at most 15 characters.
    private readonly string _name = $"cs{Environment.ProcessId % 10_000}";
    private readonly string _prefix = $"10.{77 + (Environment.ProcessId % 100)}";
    private readonly int _nodes;

    private NodeNetwork(int nodes) => _nodes = nodes;

    /// <summary>What is between a node and others.</summary>
    public enum Network
    {
        /// <summary>Clients and the balancer.</summary>
        Front = 1,

        /// <summary>The other nodes.</summary>
        Peers = 2,

        /// <summary>The database.</summary>
        Data = 3,
    }

    /// <summary>All addresses of all networks, as PostgreSQL and proxies take them.</summary>
    public string Cidr => $"{_prefix}.0.0/16";

    /// <summary>The address of the machine that balancer and database are on.</summary>
    public string HostOn(Network network) => $"{_prefix}.{(int)network}.254";

    /// <summary>The address of a node, which counts from 1.</summary>
    public string NodeOn(Network network, int node) => $"{_prefix}.{(int)network}.{node}";

    /// <summary>The namespace of a node.</summary>
    public string NamespaceOf(int node) => $"{_name}n{node}";

    /// <summary>Makes it. Only root may.</summary>
    public static async Task<NodeNetwork> MakeAsync(int nodes)
    {
        if (Environment.UserName != "root")
        {
            Assert.Fail("Network namespaces, by which nodes are cut off, are root's to make: run this as root.");
        }

        NodeNetwork network = new(nodes);
        foreach (var each in Enum.GetValues<Network>())
        {
            await IpAsync($"link add {network.Bridge(each)} type bridge");
            await IpAsync($"address add {network.HostOn(each)}/24 dev {network.Bridge(each)}");
            await IpAsync($"link set {network.Bridge(each)} up");
        }

        for (var node = 1; node <= nodes; node++)
        {
            await network.AddNodeAsync(node);
        }

        return network;
    }

    /// <summary>Has packets between a node and a network vanish.</summary>
    public Task CutAsync(Network network, int node) => IpAsync($"link set {Port(network, node)} nomaster");

    /// <summary>Puts a node back on a network.</summary>
    public Task MendAsync(Network network, int node) => IpAsync($"link set {Port(network, node)} master {Bridge(network)}");

    public async ValueTask DisposeAsync()
    {
        for (var node = 1; node <= _nodes; node++)
        {
            await IpAsync($"netns delete {NamespaceOf(node)}");
        }

        foreach (var network in Enum.GetValues<Network>())
        {
            await IpAsync($"link delete {Bridge(network)}");
        }
    }

    private async Task AddNodeAsync(int node)
    {
        var inside = NamespaceOf(node);
        await IpAsync($"netns add {inside}");
        await IpAsync($"-n {inside} link set lo up");
        foreach (var network in Enum.GetValues<Network>())
        {
            var device = $"eth{(int)network}";
            await IpAsync($"link add {Port(network, node)} type veth peer name {device} netns {inside}");
            await IpAsync($"link set {Port(network, node)} master {Bridge(network)}");
            await IpAsync($"link set {Port(network, node)} up");
            await IpAsync($"-n {inside} address add {NodeOn(network, node)}/24 dev {device}");
            await IpAsync($"-n {inside} link set {device} up");
        }
    }

    private string Bridge(Network network) => $"{_name}b{(int)network}";

    private string Port(Network network, int node) => string.Create(CultureInfo.InvariantCulture, $"{_name}p{(int)network}{node}");

    private static async Task IpAsync(string arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments.Split(' ')) { RedirectStandardError = true })!;
        var errors = await ip.StandardError.ReadToEndAsync();
        await ip.WaitForExitAsync();
        Assert.True(ip.ExitCode == 0, $"ip {arguments}: {errors}");
    }
}
