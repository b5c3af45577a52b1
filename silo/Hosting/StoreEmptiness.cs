using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Storage.PostgreSql;
using Npgsql;

namespace CodeSigning.Silo.Hosting;

/// <summary>Tells, before anything is migrated, whether a store holds no key yet: then a new master key loses nothing.</summary>
internal static class StoreEmptiness
{
    public static bool Of(NodeSettings settings) => settings.PostgreSql is { } connection
        ? IsEmpty(connection)
        : !File.Exists(new StorageOptions { DataDirectory = settings.DataDirectory }.SqliteFile);

    private static bool IsEmpty(string connectionString)
    {
        try
        {
            using var connection = new NpgsqlConnection(connectionString);
            connection.Open();
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
            throw new StoreUnavailableException("Whether the store is empty cannot be told.", reason);
        }
    }
}
