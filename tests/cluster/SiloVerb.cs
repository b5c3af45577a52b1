using System.Diagnostics;
using System.Text;

namespace CodeSigning.Cluster.Tests;

/// <summary>A verb of the command line, as a process of its own.</summary>
internal static class SiloVerb
{
    public static async Task<(int Status, string Output)> RunAsync(IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        using var process = Start(settings, arguments);
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output));
    }

    /// <summary>Runs it and kills it (SIGKILL) as soon as it prints a line that holds a text, or where it ends without.</summary>
    /// <returns>Whether it was killed, and what it had printed.</returns>
    public static async Task<(bool WasKilled, string Output)> KillWhenItSaysAsync(
        IReadOnlyDictionary<string, string> settings, string text, TimeSpan later, params string[] arguments)
    {
        using var process = Start(settings, arguments);
        var errors = process.StandardError.ReadToEndAsync();
        StringBuilder output = new();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            output.AppendLine(line);
            if (line.Contains(text, StringComparison.Ordinal))
            {
                await Task.Delay(later);
                process.Kill();
                await process.WaitForExitAsync();
                return (process.ExitCode != 0, output + await errors);
            }
        }

        await process.WaitForExitAsync();
        return (false, output + await errors);
    }

    private static Process Start(IReadOnlyDictionary<string, string> settings, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "silo.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException("The verb did not start.");
    }
}
