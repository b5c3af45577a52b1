using CodeSigning.Gateway.Settings;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.Configuration;

namespace CodeSigning.Gateway.Tests.Hosting;

/// <summary>The settings of a gateway without a silo.</summary>
internal static class TestSettings
{
    /// <exception cref="SettingsException">They hold mistakes.</exception>
    public static GatewaySettings Read(IConfiguration configuration) => SettingsReader.ReadAll(
        configuration, static reader => GatewaySettings.Read(reader, ListenUrls.Read(reader)));
}
