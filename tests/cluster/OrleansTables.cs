using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>
/// What nodes on Orleans need in a database: its tables of members and reminders. Orleans' packages do not hold the scripts
/// that make them, so <c>ORLEANS_SQL</c> names a folder that does; without it there are none, and nodes on Orleans cannot
/// meet.
/// </summary>
internal static class OrleansTables
{
    private static readonly string[] Scripts = ["PostgreSQL-Main.sql", "PostgreSQL-Clustering.sql", "PostgreSQL-Reminders.sql"];

    public static async Task MakeAsync(PostgreSqlDatabase database)
    {
        if (Environment.GetEnvironmentVariable("ORLEANS_SQL") is not { Length: > 0 } folder)
            return;

        foreach (var script in Scripts)
            await database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(folder, script)));

        await database.ExecuteAsync(
            $"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {PostgreSqlServer.ServiceRole}");
    }
}
