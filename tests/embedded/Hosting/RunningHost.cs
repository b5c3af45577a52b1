using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Embedded.Tests.Hosting;

/// <summary>A host that has started. Which of the two it is was decided when this project was built.</summary>
public sealed class RunningHost : IAsyncDisposable
{
    private readonly IHost _host;

    private RunningHost(IHost host, HostSettings settings)
    {
        _host = host;
        Settings = settings;
    }

    public HostSettings Settings { get; }

    public Stage Stage => Settings.Stage;

    public ManualTimeProvider Time => Settings.Time;

    public IServiceProvider Services => _host.Services;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<RunningHost> Start(HostSettings? settings = null)
    {
        settings ??= new HostSettings();
        var host = HostUnderTest.Build(settings);
        await host.StartAsync();
        return new RunningHost(host, settings);
    }

    /// <summary>Stops in order, as at the end of a process.</summary>
    public async Task Stop(CancellationToken cancellationToken = default) => await _host.StopAsync(cancellationToken);

    /// <summary>Lets every grain that was called before become idle for its age.</summary>
    public Task CollectIdle() => HostUnderTest.CollectIdle(this);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
