using System.Collections.Immutable;
using System.Net;
using CodeSigning.Silo.Cluster;
using CodeSigning.Silo.Forwarding;
using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Hosting;

/// <summary>All that a silo takes from its settings.</summary>
public sealed record SiloSettings
{
    /// <summary>What the node needs to know.</summary>
    public required NodeSettings Node { get; init; }

    /// <summary>Where it listens for other nodes; null on SQLite, where it is alone.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>How the log looks.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>How notifications leave.</summary>
    public NotificationOptions Notifications { get; init; } = new();

    /// <summary>Where the ledger is forwarded to.</summary>
    public ForwardingOptions Forwarding { get; init; } = new();

    /// <summary>The operator's lists of compromised keys.</summary>
    public CompromisedKeys CompromisedKeys { get; init; } = CompromisedKeys.None;

    /// <summary>The variables that are named like settings and that nothing reads.</summary>
    public ImmutableArray<UnknownSetting> Unknown { get; init; } = [];

    /// <summary>Reads and checks the settings of a node without a gateway.</summary>
    /// <exception cref="SettingsException">They hold mistakes.</exception>
    public static SiloSettings Read(IConfiguration configuration) =>
        SettingsReader.ReadAll(configuration, static reader => Read(reader, ListenUrls.Read(reader)));

    /// <summary>Reads the settings; the reader has their mistakes.</summary>
    public static SiloSettings Read(SettingsReader reader, ImmutableArray<string> urls)
    {
        var node = NodeSettings.Read(reader, urls);
        return new SiloSettings
        {
            Node = node,
            Endpoint = node.PostgreSql is null ? null : ClusterSettings.Read(reader),
            LogFormat = ServerLog.ReadFormat(reader),
            Notifications = NotificationOptions.Read(reader),
            Forwarding = ForwardingOptions.Read(reader),
            CompromisedKeys = ReadCompromisedKeys(node, reader),
            Unknown = reader.Unknown,
        };
    }

    private static CompromisedKeys ReadCompromisedKeys(NodeSettings node, SettingsReader reader)
    {
        try
        {
            return node.CompromisedKeys is { } path && Path.Exists(path) ? CompromisedKeys.Read(path) : CompromisedKeys.None;
        }
        catch (InvalidDataException mistakes)
        {
            reader.Refuse("CODESIGNING_COMPROMISED_KEYS: " + mistakes.Message);
            return CompromisedKeys.None;
        }
    }
}

/// <summary>Tells at the start which variables look like settings and are none.</summary>
internal sealed class UnknownSettingReport(SiloSettings settings, ILogger<UnknownSettingReport> log) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var unknown in settings.Unknown)
        {
            log.LogWarning("{Name} is not a setting, and nothing reads it. The nearest is {Nearest}", unknown.Name, unknown.Nearest);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
