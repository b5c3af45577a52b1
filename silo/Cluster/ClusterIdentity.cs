using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Grains.States;
using Npgsql;

namespace CodeSigning.Silo.Cluster;

/// <summary>
/// The name that a cluster's nodes demand of one another. It follows from the database itself and not from a setting, so
/// that neither two databases nor a restored copy beside the original can meet.
/// </summary>
internal static class ClusterIdentity
{
    // Both are on a physical stand-by too, which stays the same cluster when it is promoted.
    private const string Question =
        """
        SELECT system_identifier::text || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
        FROM pg_control_system()
        """;

    /// <summary>The name of the cluster that meets in a database.</summary>
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
            throw new StoreUnavailableException("Which cluster this is cannot be told.", reason);
        }
    }

    /// <summary>A name that no other process has.</summary>
    public static string OfProcess() => Hash(Guid.NewGuid().ToString());

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
