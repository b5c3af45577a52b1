using CodeSigning.Grains.Tests.Hosting;
using CodeSigning.Testing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace CodeSigning.Grains.Tests.Cluster;

/// <summary>One silo of a cluster; the cluster starts and stops it.</summary>
internal sealed class OneSilo(InProcessSiloHandle silo) : IHouseGround
{
    public ManualTimeProvider Time => (ManualTimeProvider)Services.GetRequiredService<TimeProvider>();

    public IServiceProvider Services => silo.ServiceProvider;

    public Task RestartAsync() => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
