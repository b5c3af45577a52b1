using CodeSigning.Grains;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Housekeeping;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Ledger;
using CodeSigning.Silo.Ledger.Archiving;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Hosting;

/// <summary>Registers the store and the ledger.</summary>
public static class LedgerStorageExtensions
{
    /// <summary>
    /// Adds the state store and the ledger. The caller
    /// registers the <see cref="KeyVault"/>, over the <see cref="ISealedKeyStore"/> that is added here. The host starts the
    /// store before its other services and stops it after them.
    /// </summary>
    public static IServiceCollection AddLedgerStorage(this IServiceCollection services, StorageOptions storage)
    {
        services.AddOptions<LedgerOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(Options.Create(storage));
        services.AddSingleton<LedgerMetrics>();
        if (storage.IsSqlite)
        {
            AddSqlite(services);
        }
        else
        {
            AddPostgreSql(services);
        }

        AddKeys(services);
        AddReaders(services);
        AddWriter(services);
        services.AddSingleton<EarlierStates>();
        services.AddHostedService<StoreLifetime>();
        AddHousekeeping(services);
        AddEvidence(services);
        return services;
    }

    private static void AddSqlite(IServiceCollection services)
    {
        services.AddSingleton<SqliteConnections>();
        services.AddSingleton<IReadConnections>(provider => provider.GetRequiredService<SqliteConnections>());
        services.AddSingleton<SqliteCheckpoints>();
        services.AddSingleton<SqliteWriteThread>();
        services.AddSingleton<IMigrator, SqliteMigrator>();
        services.AddSingleton<ILedgerCommits>(provider => new SqliteLedgerCommits(
            provider.GetRequiredService<SqliteWriteThread>(),
            provider.GetRequiredService<TimeProvider>(),
            ToleranceMs(provider)));
        services.AddSingleton<IHousekeepingWrites, SqliteHousekeepingWrites>();
        services.AddSingleton<ILedgerPruning, SqliteLedgerPruning>();
        services.AddSingleton<IReminderWrites, SqliteReminderWrites>();
        services.AddSingleton<IStorePurge, SqliteStorePurge>();
    }

    private static void AddPostgreSql(IServiceCollection services)
    {
        services.AddSingleton<PostgreSqlConnections>();
        services.AddSingleton<IReadConnections>(provider => provider.GetRequiredService<PostgreSqlConnections>());
        services.AddSingleton<IMigrator, PostgreSqlMigrator>();
        services.AddSingleton(new MigrationSeries("Storage/PostgreSql", "schema_version"));
        services.AddSingleton(new MigrationSeries("Hosting/Cluster", "cluster_schema_version"));
        services.AddSingleton<ILedgerCommits>(provider => new PostgreSqlLedgerCommits(
            provider.GetRequiredService<PostgreSqlConnections>(), ToleranceMs(provider)));
        services.AddSingleton<IHousekeepingWrites, PostgreSqlHousekeepingWrites>();
        services.AddSingleton<ILedgerPruning, PostgreSqlLedgerPruning>();
        services.AddSingleton<IReminderWrites, PostgreSqlReminderWrites>();
        services.AddSingleton<IStorePurge, PostgreSqlStorePurge>();
    }

    private static long ToleranceMs(IServiceProvider provider) =>
        (long)provider.GetRequiredService<IOptions<LedgerOptions>>().Value.TimeTolerance.TotalMilliseconds;

    private static void AddKeys(IServiceCollection services)
    {
        services.AddSingleton<ISealedKeyStore, SealedKeyStore>();
        services.AddSingleton(SealedKeyStates.Kind);
        services.AddSingleton<ClusterKeys>();
        services.AddSingleton<MasterKeyRotation>();
        services.AddSingleton<IStateSealer>(provider => provider.GetRequiredService<ClusterKeys>());
        services.AddSingleton<ISecretSealer>(provider => provider.GetRequiredService<ClusterKeys>());
        services.AddSingleton<ILedgerKey>(provider => provider.GetRequiredService<ClusterKeys>());
    }

    private static void AddReaders(IServiceCollection services)
    {
        services.AddSingleton<IStateStore, StateStore>();
        services.AddSingleton<IAnswerStore, AnswerStore>();
        services.AddSingleton<ILedgerReader, LedgerReader>();
    }

    private static void AddEvidence(IServiceCollection services)
    {
        services.AddSingleton<LedgerPages>();
        services.AddSingleton<LedgerArchives>();
        services.AddSingleton(LedgerArchives.Kind);
        services.AddSingleton<StreamHeads>();
        services.AddSingleton<SilentStreams>();
        services.AddOptions<HighWaterOptions>();
        services.AddSingleton<HighWaterFile>();
        services.AddSingleton<HighWaterWatch>();
        services.AddSingleton<CheckpointWriter>();
        services.AddSingleton<ICheckpoints, CheckpointReader>();
        services.AddHostedService<CheckpointService>();
        services.AddSingleton<LedgerExport>();
        services.AddSingleton<ILedgerExport>(provider => provider.GetRequiredService<LedgerExport>());
        services.AddOptions<VerificationOptions>();
        services.AddSingleton<ILedgerVerification, OnlineVerification>();
        services.AddSingleton<FullVerifications>();
        services.AddSingleton<LedgerArchiver>();
        services.AddHostedService<FullVerificationService>();
    }

    private static void AddHousekeeping(IServiceCollection services)
    {
        services.AddOptions<HousekeepingOptions>();
        services.AddSingleton<Observations>();
        services.AddSingleton<IObservations>(provider => provider.GetRequiredService<Observations>());
        services.AddSingleton<ExpiredStates>();
        services.AddSingleton<StoreCensus>();
        services.AddSingleton<Housekeeper>();
        services.AddHostedService(provider => provider.GetRequiredService<Housekeeper>());
        services.AddSingleton<IReminderTable, ReminderTable>();
    }

    private static void AddWriter(IServiceCollection services)
    {
        services.AddSingleton<IUseCountReader, UseCountReader>();
        services.AddSingleton<OwnStream>();
        services.AddSingleton<BatchCommitter>();
        services.AddSingleton<LedgerWriter>();
        services.AddSingleton<ILedger>(provider => provider.GetRequiredService<LedgerWriter>());
        services.AddSingleton<ICommitFence>(provider => provider.GetRequiredService<ILedgerCommits>());
        services.AddSingleton<ILedgerHealth, LedgerHealth>();
    }
}
