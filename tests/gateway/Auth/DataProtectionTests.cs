using CodeSigning.Gateway.Auth;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Gateway.Tests.Auth;

public sealed class DataProtectionTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public void No_service_makes_a_key_ring_of_this_node() => Assert.DoesNotContain(
        shared.Gateway.Services.GetServices<IHostedService>(),
        service => service.GetType().Assembly == typeof(DataProtectionServiceCollectionExtensions).Assembly);

    [Fact]
    public void Framework_finds_the_sealed_protection() =>
        Assert.IsType<SealedDataProtection>(shared.Gateway.Services.GetRequiredService<IDataProtectionProvider>());
}
