using CodeSigning.Embedded.Hosting;
using CodeSigning.Grains.Signers;
using Microsoft.Extensions.Hosting;

namespace CodeSigning.Silo.Hosting;

/// <summary>The grains in this process, on the embedded host.</summary>
internal static class GrainHost
{
    public static void AddGrainHost(this IHostApplicationBuilder builder, NodeSettings settings) =>
        builder.Services.AddEmbeddedGrains(configure: null, typeof(SignerGrain).Assembly);
}
