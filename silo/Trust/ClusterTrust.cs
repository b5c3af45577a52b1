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

/// <summary>The trusted cluster authority and the connections that depend on it. Safe for use by several threads.</summary>
internal sealed class ClusterTrust : IDisposable
{
    private readonly ConcurrentDictionary<ConnectionContext, TrustedAuthority> _connections = [];
    private TrustedAuthority? _authority;

    /// <summary>The trusted authority.</summary>
    public TrustedAuthority Authority =>
        Volatile.Read(ref _authority) ?? throw new InvalidOperationException("The cluster authority has not been opened yet.");

    /// <summary>Trusts only this authority; connections under any other are closed.</summary>
    /// <returns>The number of closed connections.</returns>
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

    /// <summary>Keeps a connection open while the authority of its handshake is trusted.</summary>
    public async Task HoldAsync(ConnectionContext connection, TrustedAuthority under, Func<Task> life)
    {
        _connections[connection] = under;
        try
        {
            // The authority may have been replaced since the handshake.
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
/// Opens the cluster authority before the silo starts. On a shared database it then polls for a replacement, and trusts
/// only the new authority.
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
    private long _seen;

    public async Task StartingAsync(CancellationToken cancellationToken) =>
        trust.Trust(Take(await keys.OpenAsync(cancellationToken)));

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Checks once for a replacement.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await keys.OpenNewerAsync(Math.Max(_seen, trust.Authority.Version), cancellationToken) is { } newer)
            {
                _seen = newer.Version;
                if (newer.Handle.PublicKey.Span.SequenceEqual(trust.Authority.PublicKey.Span))
                {
                    // The same key, sealed under another master key.
                    newer.Dispose();
                    return;
                }

                var cut = trust.Trust(Take(newer));
                logger.LogWarning("The cluster authority was replaced; {Count} connections under the previous one were closed", cut);
            }

            _trouble.Over("The cluster authority in the store is usable again.");
        }
        catch (StoreUnavailableException)
        {
            // The ledger's writer logs that the store is unavailable.
        }
        catch (Exception exception) when (exception is SealedKeyException or StateTamperedException)
        {
            _trouble.Met(exception, passing: "", "The cluster authority in the store is unusable, so the previous one stays trusted.");
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
