using System.Net;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Trust;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Networking.Shared;
using Orleans.Serialization;

namespace CodeSigning.Silo.Cluster;

/// <summary>
/// The Orleans silo of this process: a single node over an SQLite file, or one of several nodes that meet in tables of
/// a PostgreSQL database. Reminders are in the store on both.
/// </summary>
internal static class GrainHost
{
    private const string ServiceName = "codesigning";
    private const string AdoNetProvider = "Npgsql";

    // The gateway runs in this process, so there are no external Orleans clients.
    private const int NoClients = 0;

    /// <summary>Adds the silo and the trust between nodes to a host whose store starts first.</summary>
    /// <param name="builder">The host's builder.</param>
    /// <param name="settings">The node's settings.</param>
    /// <param name="reached">The address at which other nodes reach it; null for a single node.</param>
    public static void AddGrainHost(this IHostApplicationBuilder builder, NodeSettings settings, IPEndPoint? reached)
    {
        var endpoint = reached ?? ClusterSettings.PickAlone();
        builder.AddClusterTrust();
        // At start-up Orleans logs forty lines of options and steps.
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        // Its first check measures from the machine's boot and always warns of a stall.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        // Exceptions of grains may contain exceptions of the database client.
        builder.Services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.UnionWith(["Npgsql", "CodeSigning"]));
        builder.UseOrleans(silo =>
        {
            silo.ConfigureEndpoints(endpoint.Address, endpoint.Port, NoClients);
            silo.ConfigureConnections();
            silo.AddReminders();
            if (settings.PostgreSql is { } database)
            {
                silo.JoinThrough(database);
            }
            else
            {
                silo.StayAlone(endpoint);
            }
        });
    }

    // There is one long-lived connection per node. Reconnect soon, since one side may just not know of a new cluster
    // authority yet; keep-alives detect silent failures within half a minute.
    private static void ConfigureConnections(this ISiloBuilder silo)
    {
        silo.Services.AddOptions<SiloConnectionOptions>().Configure<MutualTls>((connections, tls) => tls.Secure(connections));
        silo.Configure<ConnectionOptions>(options =>
        {
            options.ConnectionRetryDelay = TimeSpan.FromMilliseconds(500);
            options.OpenConnectionTimeout = TimeSpan.FromSeconds(5);
        });
        silo.Configure<SocketConnectionOptions>(options =>
        {
            options.KeepAliveTimeSeconds = 15;
            options.KeepAliveIntervalSeconds = 5;
            options.KeepAliveRetryCount = 3;
        });
        // Messages are grain calls of some kilobytes, so larger headers are refused.
        silo.Configure<SiloMessagingOptions>(options => options.MaxMessageHeaderSize = 1024 * 1024);
    }

    private static void StayAlone(this ISiloBuilder silo, IPEndPoint endpoint)
    {
        silo.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (ServiceName, ClusterIdentity.OfProcess()));
        silo.UseDevelopmentClustering(endpoint);
    }

    private static void JoinThrough(this ISiloBuilder silo, string database)
    {
        silo.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (ServiceName, ClusterIdentity.Of(database)));
        NpgsqlConnectionStringBuilder connection = new(database)
        {
            SearchPath = PostgreSqlConnections.Schema,
            ApplicationName = "codesigning cluster",
        };
        silo.Configure<ClusterMembershipOptions>(FindDeadNodesSoon);
        silo.UseAdoNetClustering(options =>
        {
            options.Invariant = AdoNetProvider;
            options.ConnectionString = connection.ToString();
        });
    }

    // A grain on a dead node is unavailable until the others declare the node dead: after three missed probes, and at
    // least six seconds (three of the longest probes) after its last message, so that a slow node is not taken for
    // dead.
    private static void FindDeadNodesSoon(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = options.MinProbeTimeout = TimeSpan.FromSeconds(1);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 3;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
    }
}
