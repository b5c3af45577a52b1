using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Storage.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Configuration;

namespace CodeSigning.Silo.Hosting;

/// <summary>
/// The Orleans silo of this process: alone over an SQLite file, or one of the nodes that meet in a PostgreSQL database, in
/// tables that the product's migrations make. Reminders are in the store on both.
/// </summary>
internal static class GrainHost
{
    private const string ClusterName = "codesigning";
    private const string AdoNetProvider = "Npgsql";

    // The gateway is in this process, so no client connects from outside.
    private const int NoClients = 0;

    public static void AddGrainHost(this IHostApplicationBuilder builder, NodeSettings settings)
    {
        var endpoint = ClusterSettings.Read(builder.Configuration).Endpoint;
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = ClusterName);
            silo.ConfigureEndpoints(endpoint.Address, endpoint.Port, NoClients);
            silo.AddReminders();
            if (settings.PostgreSql is { } database)
                silo.JoinThrough(database);
            else
                silo.UseDevelopmentClustering(endpoint);
        });
    }

    private static void JoinThrough(this ISiloBuilder silo, string database)
    {
        silo.Services.AddSingleton(new MigrationSeries("Hosting/Cluster", "cluster_schema_version"));
        NpgsqlConnectionStringBuilder connection = new(database)
        {
            SearchPath = PostgreSqlConnections.Schema,
            ApplicationName = "codesigning cluster",
        };
        silo.UseAdoNetClustering(options =>
        {
            options.Invariant = AdoNetProvider;
            options.ConnectionString = connection.ToString();
        });
    }
}
