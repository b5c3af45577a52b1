using CodeSigning.Silo.Hosting;
using CodeSigning.Silo.Settings;

namespace CodeSigning.Gateway.Settings;

/// <summary>All settings of a gateway with its silo.</summary>
/// <param name="Gateway">How the world may ask.</param>
/// <param name="Silo">Those of the silo in the same process.</param>
internal sealed record ServerSettings(GatewaySettings Gateway, SiloSettings Silo)
{
    /// <summary>Reads and checks them.</summary>
    /// <exception cref="SettingsException">They hold mistakes. It names them all.</exception>
    public static ServerSettings Read(IConfiguration configuration) =>
        SettingsReader.ReadAll(configuration, Read);

    /// <summary>Reads them; the reader has their mistakes.</summary>
    public static ServerSettings Read(SettingsReader reader)
    {
        var urls = ListenUrls.Read(reader);
        var settings = new ServerSettings(GatewaySettings.Read(reader, urls), SiloSettings.Read(reader, urls));
        if (settings is { Silo.Node.BreakGlass: not null, Gateway.SingleSignOn: null })
        {
            reader.Refuse("CODESIGNING_BREAK_GLASS is set but CODESIGNING_SSO_ISSUER is not: nobody else could sign in. Set both or neither.");
        }

        return settings;
    }
}
