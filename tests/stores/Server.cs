using System.Diagnostics;
using System.Globalization;
using System.Net;
using CodeSigning.Testing;

namespace CodeSigning.Stores.Tests;

/// <summary>The server of this checkout, as a process of its own.</summary>
internal sealed class Server : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly List<string> _output = [];
    private readonly Process _process;

    private Server(Uri address, Process process)
    {
        Address = address;
        _process = process;
    }

    public Uri Address { get; }

    public static async Task<Server> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var start = Command("gateway.dll");
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        start.Environment["CODESIGNING_URLS"] = address.ToString();
        var server = new Server(address, Process.Start(start)!);
        server.KeepOutput();
        await server.WaitUntilReadyAsync();
        return server;
    }

    /// <summary>Runs a verb of the command line to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunVerbAsync(params string[] arguments)
    {
        var start = Command("silo.dll");
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(texts));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    // The project refers to the gateway's, so the build lays both beside the tests.
    private static ProcessStartInfo Command(string program) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, program)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };

    private void KeepOutput()
    {
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.Add(line ?? "");
        }
    }

    private async Task WaitUntilReadyAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        var started = Stopwatch.StartNew();
        while (started.Elapsed < StartTimeout && !_process.HasExited)
        {
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

        string output;
        lock (_output)
        {
            output = string.Join('\n', _output.TakeLast(50));
        }

        await DisposeAsync();
        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"The server did not become ready. It printed:\n{output}"));
    }
}
