using System.Net;
using CodeSigning.Grains;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Silo.Certificates;
using CodeSigning.Silo.Cluster;
using CodeSigning.Silo.Forwarding;
using CodeSigning.Silo.Hsm;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Notifications;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Statistics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Hosting;

/// <summary>Assembles a silo: storage, ledger, vault, and the grains on Orleans.</summary>
public static class SiloHosting
{
    /// <summary>The tag of health checks that fail only if a restart of the process is needed.</summary>
    public const string LivenessTag = "live";

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    // Orchestrators wait ten seconds before they kill; the process itself needs a part of them.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(6);

    /// <summary>Adds a silo to a host; it starts before the host's other services and stops after them.</summary>
    public static IHostApplicationBuilder AddSilo(this IHostApplicationBuilder builder, SiloSettings settings)
    {
        var node = settings.Node;
        builder.Services.AddSingleton(settings).AddHostedService<UnknownSettingReport>().AddHostedService<OpenSslReport>();
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(provider => new QuietLoggerFactory(
            ActivatorUtilities.CreateInstance<LoggerFactory>(provider),
            provider.GetRequiredService<TimeProvider>(),
            static fault => StartupMistakes.SentenceOf(fault) is not null)));
        if (node.PostgreSql is { } database && settings.Endpoint is { } endpoint)
        {
            builder.Services.AddAddressClaim(endpoint, database);
        }
        else
        {
            builder.Services.AddHostedService<StoreOwner>();
        }

        builder.AddStore(node);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.Services.AddCompromisedKeys(settings.CompromisedKeys);
        builder.Services.AddGrainServices();
        builder.Services.Configure<SignInOptions>(options =>
        {
            options.SecondFactor = node.SecondFactor;
            options.BreakGlass = node.BreakGlass;
        });
        builder.Services.Configure<PasskeyOptions>(options => options.PublicUrl = node.PublicUrl);
        builder.Services.AddNotifications(settings.Notifications with { PublicUrl = node.PublicUrl });
        builder.Services.AddForwarding(settings.Forwarding);
        builder.Services.AddStatistics();
        builder.Services.AddSingleton(new PkiOptions { PublicUrl = node.PublicUrl });
        builder.Services.AddHealthChecks()
            .AddCheck<ProcessHealthCheck>("process", tags: [LivenessTag])
            .AddCheck<StoreHealthCheck>("store", timeout: ProbeTimeout)
            .AddCheck<LedgerHealthCheck>("ledger", timeout: ProbeTimeout);
        builder.AddGrainHost(node, settings.Endpoint);
        builder.Services.AddHostedService<LedgerWatch>();
        if (node.PostgreSql is not null)
        {
            // What other processes do to keys: while a server runs over SQLite there is no other.
            builder.Services.AddHostedService<DestroyedKeyWatch>();
            builder.Services.AddHostedService<MasterKeyWatch>();
        }

        builder.Services.AddSingleton(new IdleKeyOptions(node.IdleKeysOpen));
        builder.Services.AddHostedService<IdleKeyWatch>();
        builder.Services.AddHostedService<RenewalService>();
        if (!node.Hsms.IsEmpty)
        {
            builder.Services.AddHostedService<HsmWatch>();
        }

        return builder;
    }

    /// <summary>Adds the store and the vault.</summary>
    internal static void AddStore(this IHostApplicationBuilder builder, NodeSettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddLedgerStorage(settings.ToStorage());
        builder.Services.AddStateKinds().AddNotificationKinds();
        builder.Services.Configure<VerificationOptions>(options => options.Interval = settings.VerificationInterval);
        builder.Services.AddVault(settings);
    }

    private static void AddCompromisedKeys(this IServiceCollection services, CompromisedKeys keys)
    {
        services.AddSingleton(keys);
        if (keys != CompromisedKeys.None)
        {
            services.AddHostedService<CompromisedKeyReport>();
        }
    }

    private static void AddAddressClaim(this IServiceCollection services, IPEndPoint endpoint, string database) =>
        services.AddHostedService(provider => new AddressClaim(
            endpoint,
            database,
            new AddressClaimOptions(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILogger<AddressClaim>>()));
}
