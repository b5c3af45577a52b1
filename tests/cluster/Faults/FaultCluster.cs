using System.Net;
using System.Security.Cryptography;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>
/// Three nodes on networks of their own behind HAProxy, over a PostgreSQL on a disk of its own. A node that ends is started
/// again, unless it says that its settings are wrong, as systemd would.
/// </summary>
internal sealed class FaultCluster : IAsyncDisposable
{
    private const int SettingsAreWrong = 78;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<Node> _held = [];
    private readonly TemporaryDirectory _directory;
    private Task _supervision = Task.CompletedTask;

    private FaultCluster(
        TemporaryDirectory directory, NodeNetwork network, SmallDisk disk, PostgreSqlServer server, IReadOnlyList<Node> nodes)
    {
        _directory = directory;
        Network = network;
        Disk = disk;
        Server = server;
        Nodes = nodes;
        Balancer = new Balancer(nodes.Select(node => node.Address));
    }

    public NodeNetwork Network { get; }

    public SmallDisk Disk { get; }

    public PostgreSqlServer Server { get; }

    public IReadOnlyList<Node> Nodes { get; }

    public Balancer Balancer { get; }

    public static async Task<FaultCluster> StartAsync(
        int count, IReadOnlyDictionary<string, string> settings, string? program = null)
    {
        var network = await NodeNetwork.MakeAsync(count);
        var disk = await SmallDisk.MountAsync("8G");
        var server = await PostgreSqlServer.StartAsync(disk.Directory, network.HostOn(NodeNetwork.Network.Data), network.Cidr);
        var database = await server.CreateDatabaseAsync();
        TemporaryDirectory directory = new();
        var masterKey = directory.File("master.key");
        await File.WriteAllTextAsync(masterKey, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(masterKey, UnixFileMode.UserRead);
        List<Node> nodes = [];
        for (var number = 1; number <= count; number++)
        {
            nodes.Add(new Node(new Dictionary<string, string>(settings)
            {
                ["CODESIGNING_DATA"] = directory.File($"node{number}"),
                ["CODESIGNING_MASTER_KEY"] = $"file:{masterKey}",
                ["CODESIGNING_DB"] = Over(network, database.Service),
                ["CODESIGNING_DB_MIGRATE"] = Over(network, database.Owner),
                ["CODESIGNING_TRUSTED_PROXIES"] = network.Cidr,
            })
            {
                Address = new Uri($"http://{network.NodeOn(NodeNetwork.Network.Front, number)}:8080"),
                Silo = new IPEndPoint(IPAddress.Parse(network.NodeOn(NodeNetwork.Network.Peers, number)), 11111),
                NetworkNamespace = network.NamespaceOf(number),
                Program = program ?? Node.OfThisBuild,
            });
        }

        foreach (var node in nodes)
        {
            await node.StartAsync();
        }

        FaultCluster cluster = new(directory, network, disk, server, nodes);
        cluster._supervision = Task.Run(cluster.SuperviseAsync);
        await cluster.WaitUntilWholeAsync();
        return cluster;
    }

    /// <summary>Keeps a node that ends from being started again, until it is let go.</summary>
    public void Hold(Node node)
    {
        lock (_held)
        {
            _held.Add(node);
        }
    }

    /// <summary>Lets a node that was held be started again.</summary>
    public void LetGo(Node node)
    {
        lock (_held)
        {
            _held.Remove(node);
        }
    }

    /// <summary>Waits until every node says that it is ready, and the balancer has noticed.</summary>
    public async Task WaitUntilWholeAsync()
    {
        using HttpClient client = new() { Timeout = TimeSpan.FromSeconds(2) };
        using CancellationTokenSource bound = new(Bound);
        foreach (var address in Nodes.Select(node => node.Address).Append(Balancer.Address))
        {
            while (!await IsReadyAsync(client, address))
            {
                var printed = Nodes.FirstOrDefault(node => node.Address == address)?.Output();
                Assert.False(bound.IsCancellationRequested, $"{address} did not become ready again:\n{printed}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _supervision;
        Balancer.Dispose();
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        await Server.DisposeAsync(async () => await Disk.DisposeAsync());
        await Network.DisposeAsync();
        _directory.Dispose();
        _end.Dispose();
    }

    private static string Over(NodeNetwork network, string connection) =>
        new Npgsql.NpgsqlConnectionStringBuilder(connection) { Host = network.HostOn(NodeNetwork.Network.Data) }.ToString();

    private static async Task<bool> IsReadyAsync(HttpClient client, Uri address)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(address, "/readyz"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception away) when (away is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task SuperviseAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            foreach (var node in Nodes)
            {
                lock (_held)
                {
                    if (node.HasEnded && !_held.Contains(node))
                    {
                        Assert.NotEqual(SettingsAreWrong, node.ExitStatus);
                        node.Begin();
                    }
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
        }
    }
}
