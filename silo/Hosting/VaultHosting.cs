using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Hsm;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Settings;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CodeSigning.Silo.Hosting;

/// <summary>Registers the vault and the services that sign with its keys.</summary>
internal static class VaultHosting
{
    // Verifying ECDSA costs more than signing; one in a hundred detects a faulty machine soon enough.
    private const int EcdsaCheckEvery = 100;

    public static void AddVault(this IServiceCollection services, NodeSettings settings) => services
        .AddSingleton(_ => settings.ToMasterKeySource().Load(StoreEmptiness.Of(settings)))
        .AddSingleton<KeySealer>()
        .AddSingleton<IPinRecord, PinRecord>()
        .AddSingleton(PinState.Kind)
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<HsmTokens>(provider, settings.Hsms))
        .AddSingleton<IKeyTokens>(provider => provider.GetRequiredService<HsmTokens>())
        .AddSingleton(provider => new KeyVault(
            provider.GetRequiredService<KeySealer>(),
            provider.GetRequiredService<ISealedKeyStore>(),
            provider.GetRequiredService<IKeyTokens>(),
            time: provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(new CheckedSigner(EcdsaCheckEvery))
        .AddSingleton(_ => new SigningThreads())
        .AddSingleton<IUpcomingWork>(provider => provider.GetRequiredService<SigningThreads>())
        .AddSingleton<ISigningKeys, VaultSigningKeys>();
}

/// <summary>Decides before migration whether a store has no key yet, so that a new master key is safe.</summary>
internal static class StoreEmptiness
{
    public static bool Of(NodeSettings settings) => settings.PostgreSql is { } connection
        ? IsEmpty(connection)
        : !File.Exists(new StorageOptions { DataDirectory = settings.DataDirectory }.SqliteFile);

    /// <summary>Whether a PostgreSQL store holds no key. It waits for a node that migrates the store at the same time.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be asked.</exception>
    public static bool IsEmpty(string connectionString)
    {
        try
        {
            // Closing the connection, not returning it to a pool, releases the lock.
            var own = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
            using var connection = new NpgsqlConnection(own.ToString());
            connection.Open();

            // Until the migration has ended, the service's role may not look at what it has made so far.
            using var migrated = new NpgsqlCommand($"SELECT pg_advisory_lock_shared({PostgreSqlMigrator.Lock})", connection)
            {
                CommandTimeout = 0,
            };
            migrated.ExecuteNonQuery();
            using var tables = new NpgsqlCommand($"SELECT to_regclass('{PostgreSqlConnections.Schema}.states') IS NULL", connection);
            if (tables.ExecuteScalar() is true)
            {
                return true;
            }

            using var keys = new NpgsqlCommand(
                $"SELECT NOT EXISTS (SELECT FROM {PostgreSqlConnections.Schema}.states WHERE type = '{StateTypes.Key}')", connection);
            return keys.ExecuteScalar() is true;
        }
        catch (NpgsqlException reason)
        {
            throw new StoreUnavailableException("The store could not be read to check whether it is empty.", reason);
        }
    }
}
