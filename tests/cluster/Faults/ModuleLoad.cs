using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests.Faults;

/// <summary>Threads of a C program that sign through the PKCS#11 module, which retries by itself.</summary>
internal sealed class ModuleLoad : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _signer;
    private readonly int _threads;
    private Process? _process;

    private ModuleLoad(string signer, int threads)
    {
        _signer = signer;
        _threads = threads;
    }

    /// <summary>Builds module and program, and begins.</summary>
    public static async Task<ModuleLoad> StartAsync(Uri address, string signer, MachineIdentity identity, int threads)
    {
        ModuleLoad load = new(signer, threads);
        var root = SourceTree.Root;
        await RunAsync(Path.Combine(root, "deploy/build-native"), "linux-x64");
        var programs = Path.Combine(root, "tests/tools/pkcs11/programs");
        await RunAsync(
            "gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-I/usr/include/p11-kit-1",
            $"{programs}/load.c", $"{programs}/token.c", "-lcrypto", "-lpthread", "-o", load._directory.File("load"));
        var configuration = load._directory.File("pkcs11.json");
        await File.WriteAllTextAsync(configuration, JsonSerializer.Serialize(new
        {
            serverUrl = address.ToString(),
            auth = new { clientId = identity.ClientId, clientSecret = identity.ClientSecret },
            logFile = load._directory.File("log"),
        }));
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        load.Begin(Path.Combine(root, "artifacts/linux-x64/libcodesigning-pkcs11.so"), configuration);
        return load;
    }

    /// <summary>Lets the calls under way end, and ends.</summary>
    /// <returns>How many signatures it got, and how long the slowest call took.</returns>
    public async Task<(int Signatures, TimeSpan Slowest)> EndAsync()
    {
        _process!.StandardInput.Close();
        var said = await _process.StandardOutput.ReadToEndAsync();
        var complaint = await _process.StandardError.ReadToEndAsync();
        await _process.WaitForExitAsync();
        Assert.True(_process.ExitCode == 0, $"{complaint}{(File.Exists(_directory.File("log")) ? await File.ReadAllTextAsync(_directory.File("log")) : "")}");
        var words = said.Split(' ');
        return (
            int.Parse(words[0], CultureInfo.InvariantCulture),
            TimeSpan.FromMilliseconds(double.Parse(words[1], CultureInfo.InvariantCulture)));
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
        }

        _process?.Dispose();
        _directory.Dispose();
    }

    private void Begin(string module, string configuration)
    {
        ProcessStartInfo start = new(_directory.File("load"), [_signer, _threads.ToString(CultureInfo.InvariantCulture), "100"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MODULE"] = module;
        start.Environment["CODESIGNING_PKCS11_CONFIG"] = configuration;
        _process = Process.Start(start) ?? throw new InvalidOperationException("The program did not start.");
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {errors}{await output}");
    }
}
