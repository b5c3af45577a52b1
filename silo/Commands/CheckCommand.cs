using System.CommandLine;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Commands;

/// <summary>
/// <c>silo check</c>: opens the store with its master key and verifies the whole ledger and every state's seal, as after a
/// restore. It writes nothing, and the server may run meanwhile.
/// </summary>
internal static class CheckCommand
{
    private const int NotChecked = 2;
    private const string Undone = "Nothing was checked.";

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Command command = new("check", "verifies the whole ledger and every state's seal");
        command.SetAction((result, cancellationToken) => VerbHost.RunAsync(
            _ => { },
            Undone,
            NotChecked,
            result.InvocationConfiguration.Error,
            host => RunAsync(
                host.Services, result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, cancellationToken)));
        return command;
    }

    /// <summary>Checks the store.</summary>
    /// <param name="services">What <see cref="Hosting.LedgerStorageExtensions.AddLedgerStorage"/> registered, and the vault; nothing of it started.</param>
    /// <param name="output">Receives what was found.</param>
    /// <param name="errors">Receives why nothing could be checked.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit status: 0 sound, 1 not sound, 2 not checked.</returns>
    public static async Task<int> RunAsync(
        IServiceProvider services, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (services.GetRequiredService<IOptions<StorageOptions>>().Value is { IsSqlite: true } storage && !File.Exists(storage.SqliteFile))
        {
            await errors.WriteLineAsync($"{Undone} There is no store at {storage.SqliteFile}.");
            return NotChecked;
        }

        try
        {
            await services.GetRequiredService<MasterKeyRotation>().TakeOverAsync(cancellationToken);
            await services.GetRequiredService<ClusterKeys>().OpenAsync(services.GetRequiredService<KeyVault>(), cancellationToken);
            var report = await services.GetRequiredService<ILedgerVerification>().VerifyAsync(full: true, cancellationToken);
            if (await services.GetRequiredService<HighWaterWatch>().FindFaultAsync(cancellationToken) is { } older)
            {
                await output.WriteLineAsync(older);
            }

            foreach (var problem in report.Problems)
            {
                await output.WriteLineAsync(problem.Stream is null ? problem.What : $"{problem.Stream}, entry {problem.Number}: {problem.What}");
            }

            await output.WriteLineAsync(report.Intact
                ? $"Sound: {report.Entries} entries, {report.Checkpoints} checkpoints and all states hold."
                : $"Not sound: {report.Problems.Count} problems.");
            return report.Intact ? 0 : 1;
        }
        catch (Exception exception) when (exception is SealedKeyException or MasterKeyException or StoreUnavailableException
            or StoreRejectedException or LedgerUnavailableException or HighWaterException)
        {
            await errors.WriteLineAsync($"{Undone} {exception.Message}");
            return NotChecked;
        }
    }
}
