using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Storage.Hosting;

/// <summary>Holds the lock on the SQLite store from before anything is written until the container has disposed of what writes.</summary>
internal sealed class StoreOwner(IOptions<StorageOptions> storage) : IHostedLifecycleService, IDisposable
{
    private StoreLock? _lock;

    /// <exception cref="StoreInUseException">Another process has it.</exception>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _lock = StoreLock.Take(storage.Value);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _lock?.Dispose();
}
