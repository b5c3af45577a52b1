using System.Runtime.InteropServices;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Silo.Commands;

/// <summary>The command line of an executable that is a server and has the verbs beside that.</summary>
public static class CommandLine
{
    /// <summary>The exit status where the arguments are wrong.</summary>
    public const int Misused = 2;

    /// <summary>The exit status of a verb that was interrupted (128 + SIGINT, as shells count).</summary>
    public const int Interrupted = 130;

    /// <summary>Runs a verb, or the server where none is named. A mistake of the operator's is said in a sentence.</summary>
    /// <param name="arguments">Those of the process.</param>
    /// <param name="server">What runs where no verb is named.</param>
    /// <param name="output">Receives what a verb found or did.</param>
    /// <param name="errors">Receives why it could not.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string[] arguments, ServerProgram server, TextWriter output, TextWriter errors)
    {
        try
        {
            if (!ServerArguments.IsServer(arguments))
            {
                return await RunVerbAsync(arguments, server, output, errors);
            }

            var settings = ServerArguments.SettingsOf(arguments);
            if (ServerArguments.FindMistake(settings) is { } mistake)
            {
                await errors.WriteLineAsync(mistake);
                return Misused;
            }

            // A server outlives its terminal, and SIGHUP has files read again: TLS certificates have a handler of their own.
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);
            return await server.RunAsync(settings);
        }
        catch (Exception exception) when (StartupMistakes.SentenceOf(exception) is { } sentence)
        {
            await errors.WriteLineAsync(sentence);
            return StartupMistakes.StatusOf(exception);
        }
    }

    private static async Task<int> RunVerbAsync(string[] arguments, ServerProgram server, TextWriter output, TextWriter errors)
    {
        using CancellationTokenSource stopping = new();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await Verbs.RunAsync(arguments, server, output, errors, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await errors.WriteLineAsync("Interrupted.");
            return Interrupted;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }
    }
}

/// <summary>The server that an executable is.</summary>
/// <param name="Description">What it runs, for the help.</param>
/// <param name="RunAsync">Runs it to its end with settings that win over the environment's; the result is the exit status.</param>
public sealed record ServerProgram(string Description, Func<string[], Task<int>> RunAsync);
