using CodeSigning.Grains;
using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Commands;

/// <summary>What <c>silo</c> can be told to do.</summary>
internal static class SiloVerbs
{
    private const int Misused = 2;

    private const string Usage =
        """
        silo run [--NAME=VALUE]...                 runs a node without the HTTP gateway
        silo verify-ledger FILE --key KEY ...      verifies an export of the ledger offline
        silo backup --to FILE                      copies the SQLite store while the server runs
        silo restore --from FILE                   puts a copy in its place while the server is stopped
        silo check                                 verifies the whole ledger and every state's seal
        silo accept-older-store                    goes on with a store that is older than this node knows
        silo replace-cluster-authority             makes a new key for what nodes know one another by
        silo reset-password EMAIL ...              gives a person another password, or --new-email ADDRESS
        silo add-to-group GROUP EMAIL              adds a person to a group that nobody is left to approve for
        """;

    /// <summary>Does it, with the <c>CODESIGNING_*</c> settings of the environment.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(
        string[] arguments, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        switch (arguments)
        {
            case ["run", .. var settings]:
                return await RunNodeAsync(settings, cancellationToken);
            case ["verify-ledger", .. var rest]:
                return await VerifyLedgerCommand.RunAsync(rest, output, errors, cancellationToken);
            case ["backup", .. var rest]:
                return await BackupCommand.RunAsync(Storage(), rest, output, errors, cancellationToken);
            case ["restore", .. var rest]:
                return await RestoreCommand.RunAsync(Storage(), rest, TimeProvider.System, output, errors, cancellationToken);
            case ["check"]:
                return await CheckAsync(output, errors, cancellationToken);
            case ["accept-older-store"]:
                return await AcceptOlderStoreAsync(output, errors, cancellationToken);
            case ["replace-cluster-authority"]:
                return await ReplaceAuthorityAsync(output, errors, cancellationToken);
            case ["reset-password", .. var rest]:
                return await WithPeopleAsync(
                    host => PeopleCommand.ResetPasswordAsync(host, rest, output, errors, cancellationToken), errors);
            case ["add-to-group", .. var rest]:
                return await WithPeopleAsync(
                    host => PeopleCommand.AddToGroupAsync(host, rest, output, errors, cancellationToken), errors);
            default:
                await output.WriteLineAsync(Usage);
                return arguments is ["help"] ? 0 : Misused;
        }
    }

    private static async Task<int> RunNodeAsync(string[] settings, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder(settings);
        builder.AddSilo(NodeSettings.Read(builder.Configuration));
        using var host = builder.Build();
        await host.RunAsync(cancellationToken);
        return Environment.ExitCode;
    }

    private static async Task<int> CheckAsync(TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder([]);
        var settings = NodeSettings.Read(builder.Configuration);
        if (StoreEmptiness.Of(settings))
        {
            await errors.WriteLineAsync($"Nothing was checked. {NoStore(settings)}");
            return Misused;
        }

        builder.AddStore(settings);
        using var host = builder.Build();
        return await CheckCommand.RunAsync(host.Services, output, errors, cancellationToken);
    }

    private static async Task<int> ReplaceAuthorityAsync(TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder([]);
        var settings = NodeSettings.Read(builder.Configuration);
        if (StoreEmptiness.Of(settings))
        {
            await errors.WriteLineAsync($"Nothing was replaced. {NoStore(settings)}");
            return 1;
        }

        builder.AddStore(settings);
        builder.Services.AddSingleton<AuthorityKeys>();
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // The command itself says why it cannot.
        using var host = builder.Build();
        return await ReplaceAuthorityCommand.RunAsync(host, output, errors, cancellationToken);
    }

    private static async Task<int> AcceptOlderStoreAsync(TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder([]);
        builder.AddStore(NodeSettings.Read(builder.Configuration));
        builder.Services.Configure<HighWaterOptions>(options => options.AcceptsOlderStore = true);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // The command itself says why it cannot.
        using var host = builder.Build();
        return await AcceptOlderStoreCommand.RunAsync(host, output, errors, cancellationToken);
    }

    private static async Task<int> WithPeopleAsync(Func<IHost, Task<int>> act, TextWriter errors)
    {
        var builder = CreateBuilder([]);
        var settings = NodeSettings.Read(builder.Configuration);
        if (StoreEmptiness.Of(settings))
        {
            await errors.WriteLineAsync($"Nothing was changed. {NoStore(settings)}");
            return 1;
        }

        builder.AddStore(settings);
        builder.Services.AddIdentities();
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // The command itself says why it cannot.
        using var host = builder.Build();
        return await act(host);
    }

    // A verb that opened an empty store would make keys for it.
    private static string NoStore(NodeSettings settings) => settings.PostgreSql is null
        ? $"There is no store at {settings.ToStorage().SqliteFile}."
        : "The database is empty.";

    private static HostApplicationBuilder CreateBuilder(string[] settings)
    {
        var builder = Host.CreateApplicationBuilder(settings);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        return builder;
    }

    private static StorageOptions Storage()
    {
        var settings = NodeSettings.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        return settings.ToStorage();
    }
}
