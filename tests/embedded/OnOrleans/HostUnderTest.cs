using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Reminders;
using Orleans.Storage;

namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>Builds a silo of Orleans, alone in its cluster.</summary>
internal static class HostUnderTest
{
    internal static IHost Build(HostSettings settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(settings.Stage);
        builder.Services.AddKeyedSingleton<IGrainStorage>("memory", settings.Storage);
        builder.Services.AddKeyedSingleton<TimeProvider>(TimeProviderNames.Grains, settings.Time);
        builder.Services.AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, new CreepingTimeProvider(settings.Time));
        settings.AlsoAdd(builder.Services);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), FreePort());
            silo.AddReminders();
            silo.Services.AddSingleton<IReminderTable>(settings.Reminders);
            silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = settings.ResponseTimeout);
            silo.Configure<ReminderOptions>(static options => options.RefreshReminderListPeriod = TimeSpan.FromMinutes(1));
        });
        return builder.Build();
    }

    internal static Task CollectIdle(RunningHost host) =>
        host.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
