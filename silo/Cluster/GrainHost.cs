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
/// The Orleans silo of this process: alone over an SQLite file, or one of the nodes that meet in a PostgreSQL database, in
/// tables that the product's migrations make. Reminders are in the store on both.
/// </summary>
internal static class GrainHost
{
    private const string ServiceName = "codesigning";
    private const string AdoNetProvider = "Npgsql";

    // The gateway is in this process, so no client connects from outside.
    private const int NoClients = 0;

    /// <summary>Adds the silo, and the trust between it and others, to a host that has the store: that must start first.</summary>
    /// <exception cref="SettingsException">What the settings say of the node's address is a mistake.</exception>
    public static void AddGrainHost(this IHostApplicationBuilder builder, NodeSettings settings)
    {
        var endpoint = settings.PostgreSql is null ? ClusterSettings.PickAlone() : ClusterSettings.Read(builder.Configuration);
        builder.AddClusterTrust();
        // Orleans tells its options and each step of its start, forty lines of them.
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        // It reckons the first of its checks from the machine's start, and warns of an hour's stall at each of ours.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        // What a home throws may hold what its database's client threw.
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

    // One connection leads to each node and lives long. A lost one is tried again soon, since one of the two may just not have
    // heard of a new cluster authority; and what died without a word is noticed in half a minute, also while nothing is said.
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
        // Messages are grain calls of some kilobytes; what says of itself that it has megabytes of headers is no message.
        silo.Configure<SiloMessagingOptions>(options => options.MaxMessageHeaderSize = 1024 * 1024);
    }

    private static void StayAlone(this ISiloBuilder silo, IPEndPoint endpoint)
    {
        silo.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (ServiceName, ClusterIdentity.OfProcess()));
        silo.UseDevelopmentClustering(endpoint);
    }

    private static void JoinThrough(this ISiloBuilder silo, string database)
    {
        silo.Services.AddSingleton(new MigrationSeries("Hosting/Cluster", "cluster_schema_version"));
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

    // A home on a dead node is away until the others have declared that dead: after three missed probes, and no sooner than
    // six seconds (three of the longest) after the last message from it. So a node that is only slow is not taken for dead.
    private static void FindDeadNodesSoon(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = options.MinProbeTimeout = TimeSpan.FromSeconds(1);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 3;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
    }
}
