using CodeSigning.Embedded.Engine;
using CodeSigning.Embedded.Reminders;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Embedded.Hosting;

/// <summary>Starts and stops the host with the application.</summary>
internal sealed class GrainHostService(GrainRuntime runtime, ReminderService reminders, GrainMetrics metrics) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Observe(runtime);
        return reminders.Start(cancellationToken);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => reminders.Stop(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After every other service has stopped: they may still have calls to make.
    public Task StoppedAsync(CancellationToken cancellationToken) => runtime.Stop(cancellationToken);
}
