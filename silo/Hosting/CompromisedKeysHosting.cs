using CodeSigning.Silo.Certificates;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Hosting;

/// <summary>Reads the operator's lists of compromised keys at the start.</summary>
internal static class CompromisedKeysHosting
{
    /// <summary>Reads and registers the lists.</summary>
    /// <exception cref="SettingsException">A list cannot be read.</exception>
    public static void AddCompromisedKeys(this IServiceCollection services, NodeSettings settings)
    {
        if (settings.CompromisedKeys is not { } path)
        {
            services.AddSingleton(CompromisedKeys.None);
            return;
        }

        try
        {
            services.AddSingleton(CompromisedKeys.Read(path)).AddHostedService<CompromisedKeyReport>();
        }
        catch (InvalidDataException mistakes)
        {
            throw new SettingsException(["CODESIGNING_COMPROMISED_KEYS: " + mistakes.Message]);
        }
    }
}
