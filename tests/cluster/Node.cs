using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>A gateway with its silo as an operating-system process, which can be killed, stopped and woken.</summary>
internal sealed partial class Node : IAsyncDisposable
{
    private const int SigStop = 19;
    private const int SigContinue = 18;
    private const int SigTerminate = 15;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly List<string> _output = [];
    private Process? _process;

    public Node(IReadOnlyDictionary<string, string> settings)
    {
        _settings = settings;
        Address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
    }

    /// <summary>Where it listens for clients.</summary>
    public Uri Address { get; init; }

    /// <summary>The gateway that it is from its next start on.</summary>
    public string Program { get; set; } = OfThisBuild;

    /// <summary>The gateway that was built with the tests.</summary>
    public static string OfThisBuild { get; } = Path.Combine(AppContext.BaseDirectory, "gateway.dll");

    /// <summary>The network namespace that it runs in; null for that of the tests.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>Where it listens for other nodes; over PostgreSQL only.</summary>
    public IPEndPoint Silo { get; init; } = new(IPAddress.Loopback, FreePort.Find());

    /// <summary>The most memory that the process has held at once so far, in bytes.</summary>
    public long PeakMemory => 1024 * long.Parse(
        File.ReadLines($"/proc/{_process!.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ')[^2],
        CultureInfo.InvariantCulture);

    /// <summary>Has <see cref="PeakMemory"/> begin anew.</summary>
    public void ForgetPeakMemory() => File.WriteAllText($"/proc/{_process!.Id}/clear_refs", "5");

    /// <summary>Its process.</summary>
    public int ProcessId => _process!.Id;

    public bool HasEnded => _process!.HasExited;

    /// <summary>The status that it ended with.</summary>
    public int ExitStatus => _process!.ExitCode;

    public static async Task<Node> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var node = new Node(settings);
        await node.StartAsync();
        return node;
    }

    public async Task StartAsync()
    {
        Begin();
        await WaitUntilReadyAsync();
    }

    /// <summary>Starts a node that refuses to, and waits for its end.</summary>
    /// <returns>Its exit status and what it printed.</returns>
    public async Task<(int Status, string Output)> StartInVainAsync()
    {
        Begin();
        await _process!.WaitForExitAsync().WaitAsync(StartTimeout);
        Assert.Empty(Printed("   at ")); // A mistake of the operator's is a sentence and no stack.
        return (_process.ExitCode, Output());
    }

    /// <summary>The lines that it has printed and that hold a text.</summary>
    public IReadOnlyList<string> Printed(string text)
    {
        lock (_output)
        {
            return [.. _output.Where(line => line.Contains(text, StringComparison.Ordinal))];
        }
    }

    /// <summary>Ends the process at once, whatever it does (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Takes the process off the processor (SIGSTOP) until it is woken.</summary>
    public void Stop() => Signal(SigStop);

    /// <summary>Lets a stopped process go on (SIGCONT).</summary>
    public void Wake() => Signal(SigContinue);

    /// <summary>Has the process stop as a service manager does (SIGTERM), and waits for its end.</summary>
    /// <returns>Its exit status, and how long it took.</returns>
    public async Task<(int Status, TimeSpan Took)> TerminateAsync()
    {
        var began = Stopwatch.GetTimestamp();
        Signal(SigTerminate);
        await _process!.WaitForExitAsync().WaitAsync(StartTimeout);
        return (_process.ExitCode, Stopwatch.GetElapsedTime(began));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            Signal(SigContinue);
            await KillAsync();
        }

        _process?.Dispose();
    }

    /// <summary>Starts the process, and waits for nothing.</summary>
    public void Begin()
    {
        string[] command = ["dotnet", Program];
        if (NetworkNamespace is not null)
        {
            command = ["ip", "netns", "exec", NetworkNamespace, .. command]; // It becomes the command: the process is the node's.
        }

        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (name, value) in _settings)
        {
            start.Environment[name] = value;
        }

        start.Environment["CODESIGNING_URLS"] = Address.ToString();
        start.Environment["CODESIGNING_SILO_ADDRESS"] = Silo.Address.ToString();
        start.Environment["CODESIGNING_SILO_PORT"] = Silo.Port.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(start) ?? throw new InvalidOperationException("The node did not start.");
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Signal(int signal) => Assert.Equal(0, Kill(_process!.Id, signal));

    private async Task WaitUntilReadyAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        var started = Stopwatch.StartNew();
        while (started.Elapsed < StartTimeout)
        {
            if (_process!.HasExited)
            {
                break;
            }

            try
            {
                if ((await client.GetAsync("/readyz")).StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        Assert.Fail($"The node did not become ready. It printed:\n{Output()}");
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Add(line);
        }
    }

    /// <summary>The last lines that it printed.</summary>
    public string Output()
    {
        lock (_output)
        {
            return string.Join('\n', _output.TakeLast(50));
        }
    }

    /// <summary>What it printed of a fault, by the id that the client got.</summary>
    public IEnumerable<string> OutputOf(string errorId)
    {
        lock (_output)
        {
            return [.. _output.SkipWhile(line => !line.Contains(errorId, StringComparison.Ordinal)).Take(25)];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
