using System.Diagnostics;
using System.Globalization;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>The cluster that deploy/local-cluster makes, as an operator has it.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("codesigning-local-").FullName;
    private readonly int _port = FreePort.FindRange(30);

    /// <summary>The balancer.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>The first administrator's password, as the first node printed it.</summary>
    public string AdministratorPassword { get; private set; } = "";

    public static async Task<LocalCluster> UpAsync()
    {
        LocalCluster cluster = new();
        var said = await cluster.DoAsync("up");
        cluster.AdministratorPassword = said.Split('\n').Single(line => line.StartsWith("password ", StringComparison.Ordinal)).Split(' ')[^1];
        return cluster;
    }

    /// <summary>Runs one of its verbs.</summary>
    /// <returns>What it printed.</returns>
    public async Task<string> DoAsync(string verb)
    {
        ProcessStartInfo start = new(Path.Combine(SourceTree.Root, "deploy/local-cluster"), [verb]) { RedirectStandardOutput = true };
        start.Environment["LOCAL_CLUSTER"] = _directory;
        start.Environment["LOCAL_CLUSTER_PORT"] = _port.ToString(CultureInfo.InvariantCulture);
        start.Environment["LOCAL_CLUSTER_BUILT"] = "1";
        using var script = Process.Start(start)!;
        var said = await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        Assert.True(script.ExitCode == 0, $"deploy/local-cluster {verb}: {said}");
        return said;
    }

    public async ValueTask DisposeAsync() => await DoAsync("remove");
}
