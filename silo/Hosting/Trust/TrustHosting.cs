using CodeSigning.Silo.Storage.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Hosting.Trust;

/// <summary>Registers the trust between nodes.</summary>
internal static class TrustHosting
{
    /// <summary>Adds it, to a host that has the store.</summary>
    public static void AddClusterTrust(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<TrustOptions>();
        builder.Services.AddSingleton<AuthorityKeys>();
        builder.Services.AddSingleton<ClusterTrust>();
        builder.Services.AddSingleton<MutualTls>();
        builder.Services.AddSingleton<AuthorityWatch>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<AuthorityWatch>());
        // Its lines bear a stack and no address; MutualTls has one for each of them.
        builder.Logging.AddFilter("Orleans.Connections.Security", LogLevel.None);
    }
}
