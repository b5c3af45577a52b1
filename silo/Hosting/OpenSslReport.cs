using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Hosting;

/// <summary>Says at the start which OpenSSL signs, and whether a newer one would sign faster on this processor.</summary>
internal sealed class OpenSslReport(ILogger<OpenSslReport> logger) : IHostedService
{
    // Debian 13's, measured beside Debian 12's 3.0 on one machine.
    private static readonly Version Fast = new(3, 5);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Task.CompletedTask;
        }

        var version = VersionOf(SafeEvpPKeyHandle.OpenSslVersion);
        logger.LogInformation("Signatures are made by OpenSSL {Version}", version);
        if (IsSlow(version, File.ReadLines("/proc/cpuinfo")))
        {
            logger.LogWarning(
                "OpenSSL {Version} does not use this processor's AVX-512 IFMA for long keys: 3.5, as in Debian 13, signs RSA-3072 and RSA-4096 "
                + "more than twice and P-384 more than three times as fast",
                version);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The version in a number as OpenSSL writes it since 3.0: 0xMNN00PP0 (OPENSSL_VERSION_NUMBER(3)).</summary>
    internal static Version VersionOf(long number) =>
        new((int)(number >> 28) & 0xF, (int)(number >> 20) & 0xFF, (int)(number >> 4) & 0xFF);

    /// <summary>Whether the processor could sign faster than this OpenSSL has it do.</summary>
    /// <param name="version">OpenSSL's version.</param>
    /// <param name="cpuInfo">The lines of /proc/cpuinfo.</param>
    internal static bool IsSlow(Version version, IEnumerable<string> cpuInfo) =>
        version < Fast
        && cpuInfo.FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ').Contains("avx512ifma") is true;
}
