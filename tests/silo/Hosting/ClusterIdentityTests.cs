using CodeSigning.Grains.States;
using CodeSigning.Silo.Cluster;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>A cluster's name follows from its database.</summary>
public sealed class ClusterIdentityTests
{
    [Fact]
    public async Task Each_database_has_its_own_cluster_name()
    {
        var server = await PostgreSqlServer.SharedAsync();
        var (first, second) = (await server.CreateDatabaseAsync(), await server.CreateDatabaseAsync());

        Assert.Equal(ClusterIdentity.Of(first.Service), ClusterIdentity.Of(first.Owner));
        Assert.NotEqual(ClusterIdentity.Of(first.Service), ClusterIdentity.Of(second.Service));
    }

    [Fact]
    public async Task Same_database_id_on_another_server_has_another_name()
    {
        await using var here = await PostgreSqlServer.StartAsync();
        await using var there = await PostgreSqlServer.StartAsync();
        var (first, second) = (await here.CreateDatabaseAsync(), await there.CreateDatabaseAsync());

        Assert.NotEqual(ClusterIdentity.Of(first.Service), ClusterIdentity.Of(second.Service));
    }

    [Fact]
    public void Single_processes_have_distinct_cluster_names() =>
        Assert.NotEqual(ClusterIdentity.OfProcess(), ClusterIdentity.OfProcess());

    [Fact]
    public void Without_its_database_a_cluster_has_no_name() =>
        Assert.Throws<StoreUnavailableException>(() => ClusterIdentity.Of($"Host=127.0.0.1;Port={FreePort.Find()};Username=nobody"));
}
