using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage.Sqlite;

namespace CodeSigning.Silo.Storage.Housekeeping;

/// <summary>Housekeeping on SQLite, in the queue of the one connection that writes.</summary>
internal sealed class SqliteHousekeepingWrites(SqliteWriteThread writer) : IHousekeepingWrites
{
    public Task AddObservationsAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements =>
        {
            foreach (var observation in observations)
            {
                statements.Execute(
                    """
                    INSERT INTO observations (subject, what, last_ms, count) VALUES (@a, @b, @c, @d)
                    ON CONFLICT (subject, what) DO UPDATE SET last_ms = max(last_ms, excluded.last_ms), count = count + excluded.count
                    """,
                    observation.Subject, observation.What, observation.LastAt.ToUnixTimeMilliseconds(), observation.Count);
            }

            return observations.Count;
        });

    public Task<int> PurgeAnswersAsync(long madeBeforeMs, int limit, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements => statements.Execute(
            "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE made_ms < @a ORDER BY made_ms LIMIT @b)",
            madeBeforeMs, limit));
}
