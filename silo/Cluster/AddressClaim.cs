using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodeSigning.Silo.Cluster;

/// <summary>
/// A node's claim on its address in the cluster: an advisory lock of its database session. A second node with the same
/// address would pass for a restart of the first, which the cluster would then declare dead. The lock ends with the
/// process.
/// </summary>
internal sealed class AddressClaim : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PauseWhileAway = TimeSpan.FromSeconds(1);

    private readonly IPEndPoint _endpoint;
    private readonly string _connectionString;
    private readonly long _key;
    private readonly AddressClaimOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<AddressClaim> _logger;
    private NpgsqlConnection? _session;

    public AddressClaim(
        IPEndPoint endpoint, string database, AddressClaimOptions options, IHostApplicationLifetime lifetime, ILogger<AddressClaim> logger)
    {
        _endpoint = endpoint;
        _key = KeyOf(endpoint);
        _options = options;
        _lifetime = lifetime;
        _logger = logger;
        _connectionString = new NpgsqlConnectionStringBuilder(database)
        {
            ApplicationName = "codesigning address",
            Pooling = false,
            Timeout = 5,
            CommandTimeout = 5,
            KeepAlive = 5,
            // The session of a dead machine must end soon.
            Options = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
        }.ToString();
    }

    /// <summary>The lock key of an address.</summary>
    public static long KeyOf(IPEndPoint endpoint) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"silo {endpoint}")));

    /// <summary>Claims the address.</summary>
    /// <exception cref="SettingsException">Another process has claimed it, or this machine does not have it.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await TryTakeAsync(_options.PatienceAtStart, cancellationToken))
            {
                throw Mistake($"The address {_endpoint} is in use by another running node");
            }
        }
        catch (NpgsqlException reason)
        {
            throw new StoreUnavailableException("The node's address could not be claimed in the database.", reason);
        }

        EnsureListenable();
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        _session?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await WaitForLossAsync(stoppingToken);
            var lostAt = Stopwatch.GetTimestamp();
            _logger.LogWarning("The database session that holds this node's address {Endpoint} was lost; claiming it again", _endpoint);
            if (!await TakeAgainAsync(stoppingToken))
            {
                break;
            }

            _logger.LogInformation(
                "This node's address {Endpoint} is claimed again after {Duration}",
                _endpoint, TimeSpan.FromSeconds(Math.Round(Stopwatch.GetElapsedTime(lostAt).TotalSeconds)));
        }

        _logger.LogCritical("Another node claimed this node's address {Endpoint} while the database was unavailable; this node stops", _endpoint);
        Environment.ExitCode = StartupMistakes.ExitStatus;
        _lifetime.StopApplication();
    }

    private async Task WaitForLossAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _session!.WaitAsync(cancellationToken);
            }
        }
        catch (NpgsqlException)
        {
            await _session!.DisposeAsync();
        }
    }

    private async Task<bool> TakeAgainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await TryTakeAsync(_options.PatienceAfterLoss, cancellationToken);
            }
            catch (NpgsqlException)
            {
                await Task.Delay(PauseWhileAway, cancellationToken);
            }
        }
    }

    // The lock may belong to a dead session that the database has not noticed yet.
    private async Task<bool> TryTakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        NpgsqlConnection session = new(_connectionString);
        try
        {
            await session.OpenAsync(cancellationToken);
            await using NpgsqlCommand take = new("SELECT pg_try_advisory_lock($1)", session) { Parameters = { new() { Value = _key } } };
            for (var waited = TimeSpan.Zero; ; waited += Pause)
            {
                if (await take.ExecuteScalarAsync(cancellationToken) is true)
                {
                    (_session, session) = (session, null!);
                    return true;
                }

                if (waited >= patience)
                {
                    return false;
                }

                await Task.Delay(Pause, cancellationToken);
            }
        }
        finally
        {
            if (session is not null)
            {
                await session.DisposeAsync();
            }
        }
    }

    // Orleans would share a port with an existing listener, and half of the connections would be lost.
    private void EnsureListenable()
    {
        try
        {
            using Socket socket = new(_endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(_endpoint);
            socket.Listen();
        }
        catch (SocketException fault)
        {
            throw Mistake(fault.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"Another program on this machine listens at {_endpoint}",
                SocketError.AddressNotAvailable => $"{_endpoint.Address} is not an address of this machine",
                _ => $"This node cannot listen at {_endpoint} ({fault.Message})",
            });
        }
    }

    private static SettingsException Mistake(string what) =>
        new([$"{what}: set CODESIGNING_SILO_ADDRESS and CODESIGNING_SILO_PORT to values unique to this node."]);
}

/// <summary>How long to wait for a lock that is held.</summary>
internal sealed record AddressClaimOptions
{
    /// <summary>At the start: the time that a stopping process takes to end.</summary>
    public TimeSpan PatienceAtStart { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After the session was lost: longer than the database takes to notice it.</summary>
    public TimeSpan PatienceAfterLoss { get; init; } = TimeSpan.FromSeconds(30);
}
