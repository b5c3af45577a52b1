using CodeSigning.Embedded.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Reminders;
using Orleans.Storage;

namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>Builds the embedded host.</summary>
internal static class HostUnderTest
{
    internal static IHost Build(HostSettings settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(settings.Stage);
        builder.Services.AddSingleton<IReminderTable>(settings.Reminders);
        builder.Services.AddKeyedSingleton<IGrainStorage>("memory", settings.Storage);
        foreach (var key in new[] { TimeProviderNames.Grains, TimeProviderNames.ActivationManagement, ReminderTimeProviderNames.Reminders })
            builder.Services.AddKeyedSingleton<TimeProvider>(key, settings.Time);
        if (settings.FakesCallTimeouts)
            builder.Services.AddKeyedSingleton<TimeProvider>(TimeProviderNames.Messaging, settings.Time);
        settings.AlsoAdd(builder.Services);
        builder.Services.AddEmbeddedGrains(
            options =>
            {
                options.ResponseTimeout = settings.ResponseTimeout;
                options.CollectionAge = settings.CollectionAge;
            },
            typeof(HostUnderTest).Assembly);
        return builder.Build();
    }

    internal static Task CollectIdle(RunningHost host)
    {
        for (var minutes = 0; minutes < host.Settings.CollectionAge.TotalMinutes + 2; minutes++)
            host.Time.Advance(TimeSpan.FromMinutes(1));
        return Task.CompletedTask;
    }
}
