using CodeSigning.Silo.Settings;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Reminders;

namespace CodeSigning.Grains.Tests.Hosting;

/// <summary>What the tests' nodes have in common.</summary>
internal static class TestHost
{
    /// <summary>A silent host whose grains and reminders follow a clock that the test moves.</summary>
    public static HostApplicationBuilder CreateBuilder(ManualTimeProvider time)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddTestClocks(time);
        return builder;
    }

    /// <summary>Grains and reminders follow a clock that the test moves; nothing is logged.</summary>
    public static IServiceCollection AddTestClocks(this IServiceCollection services, ManualTimeProvider time) => services
        .AddLogging(logging => logging.SetMinimumLevel(LogLevel.None))
        .AddSingleton<TimeProvider>(time)
        // What Orleans does for itself, such as looking for what is idle, follows the world's clock: days pass at once here.
        .AddKeyedSingleton(KeyedService.AnyKey, TimeProvider.System)
        .AddKeyedSingleton<TimeProvider>(TimeProviderNames.Grains, time)
        .AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, new CreepingTimeProvider(time));

    /// <summary>The settings of a node on an SQLite file of its own.</summary>
    public static NodeSettings Settings(string dataDirectory) => new()
    {
        DataDirectory = dataDirectory,
        PostgreSql = null,
        PostgreSqlOwner = null,
        MasterKey = null,
        PublicUrl = new Uri("http://localhost"),
        AdministratorEmail = "admin@localhost",
        AdministratorPassword = null,
    };
}
