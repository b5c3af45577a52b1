using System.Diagnostics;
using Xunit.Sdk;

namespace CodeSigning.Silo.Tests;

/// <summary>Runs the openssl command in a directory of its own, as the judge of what this code makes.</summary>
public sealed class OpenSsl : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("codesigning-openssl-").FullName;

    public string Path(string name) => System.IO.Path.Combine(Directory, name);

    public string Write(string name, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(Path(name), content);
        return Path(name);
    }

    public string Write(string name, string content)
    {
        File.WriteAllText(Path(name), content);
        return Path(name);
    }

    public byte[] Read(string name) => File.ReadAllBytes(Path(name));

    public string ReadText(string name) => File.ReadAllText(Path(name));

    /// <summary>Runs and fails the test unless the command succeeds. Gives what it printed.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output) = await TryRunAsync(arguments);
        return exitCode == 0
            ? output
            : throw new XunitException($"openssl {string.Join(' ', arguments)} ended with {exitCode}:\n{output}");
    }

    public async Task<(int ExitCode, string Output)> TryRunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments)
        {
            WorkingDirectory = Directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        }) ?? throw new XunitException("openssl did not start.");
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, await output + await errors);
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
