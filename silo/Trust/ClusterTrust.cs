using System.Collections.Concurrent;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace CodeSigning.Silo.Trust;

/// <summary>Whom this node trusts now, and the connections that live by that. Safe for use by several threads.</summary>
internal sealed class ClusterTrust : IDisposable
{
    private readonly ConcurrentDictionary<ConnectionContext, TrustedAuthority> _connections = [];
    private TrustedAuthority? _authority;

    /// <summary>The one authority that counts.</summary>
    public TrustedAuthority Authority =>
        Volatile.Read(ref _authority) ?? throw new InvalidOperationException("The cluster authority has not been opened yet.");

    /// <summary>Trusts an authority, and it alone: connections under the one before are cut.</summary>
    /// <returns>How many were cut.</returns>
    public int Trust(TrustedAuthority authority)
    {
        using var before = Interlocked.Exchange(ref _authority, authority);
        var cut = 0;
        foreach (var (connection, under) in _connections)
        {
            if (under != authority)
            {
                Cut(connection);
                cut++;
            }
        }

        return cut;
    }

    /// <summary>Lets a connection live as long as the authority that its handshake was made under counts.</summary>
    public async Task HoldAsync(ConnectionContext connection, TrustedAuthority under, Func<Task> life)
    {
        _connections[connection] = under;
        try
        {
            // It may have been replaced between the handshake and the line above.
            if (under == Authority)
            {
                await life();
            }
            else
            {
                Cut(connection);
            }
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    public void Dispose() => _authority?.Dispose();

    private static void Cut(ConnectionContext connection) =>
        connection.Abort(new ConnectionAbortedException("The cluster authority was replaced."));
}

/// <summary>
/// Opens the cluster authority before the silo starts. Over a database that others write too it then looks whether the
/// authority was replaced, and trusts the new one alone.
/// </summary>
internal sealed class AuthorityWatch(
    AuthorityKeys keys,
    ClusterTrust trust,
    IOptions<StorageOptions> storage,
    IOptions<ClusterOptions> cluster,
    IOptions<TrustOptions> options,
    TimeProvider time,
    ILogger<AuthorityWatch> logger) : BackgroundService, IHostedLifecycleService
{
    private readonly TroubleLog _trouble = new(logger, time);

    public async Task StartingAsync(CancellationToken cancellationToken) =>
        trust.Trust(Take(await keys.OpenAsync(cancellationToken)));

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Looks once.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await keys.OpenNewerAsync(trust.Authority.Version, cancellationToken) is { } newer)
            {
                var cut = trust.Trust(Take(newer));
                logger.LogWarning("The cluster authority was replaced. {Count} connections under the one before were cut.", cut);
            }

            _trouble.Over("The cluster authority in the store can be used.");
        }
        catch (StoreUnavailableException)
        {
            // Nothing is signed without the store either; the ledger's writer tells of it.
        }
        catch (Exception exception) when (exception is SealedKeyException or StateTamperedException)
        {
            _trouble.Met(exception, passing: "", "The cluster authority in the store cannot be used, so the one before is trusted on.");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (storage.Value.IsSqlite)
        {
            return;
        }

        using PeriodicTimer timer = new(options.Value.ReplacementPoll, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await LookAsync(stoppingToken);
        }
    }

    private TrustedAuthority Take(AuthorityKey key) => new(key, cluster.Value.ClusterId, options.Value, time);
}
