using System.Reflection;
using CodeSigning.Embedded.Engine;
using CodeSigning.Embedded.Reminders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans;
using Orleans.Timers;

namespace CodeSigning.Embedded.Hosting;

/// <summary>Adds the embedded host to an application.</summary>
public static class EmbeddedGrains
{
    /// <summary>
    /// Runs the grains of some assemblies in this process, from the application's start to its stop, and registers
    /// <see cref="IGrainFactory"/> and <see cref="IClusterClient"/>. What grains need is registered beside it:
    /// keyed <see cref="Orleans.Storage.IGrainStorage"/>s, an <see cref="IReminderTable"/> if any grain uses reminders,
    /// <see cref="IIncomingGrainCallFilter"/>s, and keyed <see cref="TimeProvider"/>s to follow another clock.
    /// </summary>
    public static IServiceCollection AddEmbeddedGrains(
        this IServiceCollection services, Action<EmbeddedGrainsOptions>? configure, params Assembly[] grainAssemblies)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<EmbeddedGrainsOptions>();
        if (configure is not null)
            options.Configure(configure);

        services.AddMetrics();
        services.AddSingleton(new GrainAssemblies(grainAssemblies));
        services.TryAddSingleton<GrainRuntime>();
        services.TryAddSingleton<IClusterClient>(static provider => provider.GetRequiredService<GrainRuntime>());
        services.TryAddSingleton<IGrainFactory>(static provider => provider.GetRequiredService<GrainRuntime>());
        services.TryAddSingleton<GrainMetrics>();
        services.TryAddSingleton<ReminderService>();
        services.TryAddSingleton<IReminderRegistry>(static provider => provider.GetRequiredService<ReminderService>());
        services.AddHostedService<GrainHostService>();
        return services;
    }
}
