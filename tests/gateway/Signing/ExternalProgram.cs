using System.Diagnostics;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>Runs curl and openssl: programs that we did not write.</summary>
internal static class ExternalProgram
{
    /// <summary>What it prints; a status other than 0 fails the test with all it said.</summary>
    public static async Task<string> RunAsync(string directory, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await output} {await errors}");
        return await output;
    }

    /// <summary>Runs openssl with words that hold no spaces.</summary>
    public static Task<string> OpenSslAsync(string directory, string arguments) =>
        RunAsync(directory, "openssl", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
