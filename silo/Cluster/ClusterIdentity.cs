using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Grains.States;
using Npgsql;

namespace CodeSigning.Silo.Cluster;

/// <summary>
/// The identity that a cluster's nodes require of one another. It derives from the database and not from a setting, so
/// that neither two databases nor a restored copy beside the original can meet.
/// </summary>
internal static class ClusterIdentity
{
    // A physical standby has the same values, and stays the same cluster when promoted.
    private const string Question =
        """
        SELECT system_identifier::text || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
        FROM pg_control_system()
        """;

    /// <summary>The identity of the cluster of a database.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public static string Of(string database)
    {
        try
        {
            using NpgsqlConnection connection = new(database);
            connection.Open();
            using NpgsqlCommand command = new(Question, connection);
            return Hash(Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture)!);
        }
        catch (NpgsqlException reason)
        {
            throw new StoreUnavailableException("The cluster's identity could not be read from the database.", reason);
        }
    }

    /// <summary>An identity unique to this process.</summary>
    public static string OfProcess() => Hash(Guid.NewGuid().ToString());

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
