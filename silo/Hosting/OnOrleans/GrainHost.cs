using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace CodeSigning.Silo.Hosting;

/// <summary>
/// The grains in this process, on Orleans: alone over an SQLite file, or as one of the nodes that meet in a PostgreSQL
/// database, where Orleans' own tables must have been made (docs/hosts.md).
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
            if (settings.PostgreSql is { } database)
                silo.JoinThrough(database);
            else
                silo.UseDevelopmentClustering(endpoint).AddReminders();
        });
    }

    private static void JoinThrough(this ISiloBuilder silo, string database)
    {
        silo.UseAdoNetClustering(options =>
        {
            options.Invariant = AdoNetProvider;
            options.ConnectionString = database;
        });
        silo.UseAdoNetReminderService(options =>
        {
            options.Invariant = AdoNetProvider;
            options.ConnectionString = database;
        });
    }
}
