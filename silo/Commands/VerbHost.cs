using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Commands;

/// <summary>What a verb works with: the store and the vault, with the settings of the environment, and no server.</summary>
internal static class VerbHost
{
    /// <summary>Where the store is.</summary>
    /// <exception cref="SettingsException">The settings hold mistakes.</exception>
    public static StorageOptions ReadStorage() => ReadSettings().ToStorage();

    /// <summary>The settings of the environment.</summary>
    /// <exception cref="SettingsException">The settings hold mistakes.</exception>
    public static NodeSettings ReadSettings() => NodeSettings.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build());

    /// <summary>Runs with a host that is not started, over a store that is there: a verb that opened an empty one would make keys for it.</summary>
    /// <param name="add">Adds what the verb needs besides.</param>
    /// <param name="undone">The sentence that goes before the reason where nothing was done.</param>
    /// <param name="refused">The exit status where there is no store.</param>
    /// <param name="errors">Receives that there is none.</param>
    /// <param name="run">Runs the verb; the result is the exit status.</param>
    /// <exception cref="SettingsException">The settings hold mistakes.</exception>
    public static async Task<int> RunAsync(
        Action<IServiceCollection> add, string undone, int refused, TextWriter errors, Func<IHost, Task<int>> run)
    {
        var builder = CreateBuilder();
        var settings = NodeSettings.Read(builder.Configuration);
        if (StoreEmptiness.Of(settings))
        {
            var store = settings.PostgreSql is null ? $"There is no store at {settings.ToStorage().SqliteFile}." : "The database is empty.";
            await errors.WriteLineAsync($"{undone} {store}");
            return refused;
        }

        return await RunAsync(builder, settings, add, run);
    }

    /// <summary>Runs with a host that is not started, over a store that may be empty.</summary>
    /// <exception cref="SettingsException">The settings hold mistakes.</exception>
    public static Task<int> RunAsync(Action<IServiceCollection> add, Func<IHost, Task<int>> run)
    {
        var builder = CreateBuilder();
        return RunAsync(builder, NodeSettings.Read(builder.Configuration), add, run);
    }

    private static async Task<int> RunAsync(
        HostApplicationBuilder builder, NodeSettings settings, Action<IServiceCollection> add, Func<IHost, Task<int>> run)
    {
        builder.AddStore(settings);
        add(builder.Services);
        using var host = builder.Build();
        return await run(host);
    }

    private static HostApplicationBuilder CreateBuilder()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // The verb itself says why it cannot.
        return builder;
    }
}
