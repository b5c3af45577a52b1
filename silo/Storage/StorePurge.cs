using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Storage;

/// <summary>Removes what was deleted from the store's files too.</summary>
internal interface IStorePurge
{
    /// <summary>Purges the store. Writes wait meanwhile, for about as long as the file takes to be copied.</summary>
    /// <exception cref="StoreUnavailableException">The store is away, or readers do not let go of the write-ahead log.</exception>
    Task PurgeAsync(CancellationToken cancellationToken);
}

/// <summary>
/// SQLite overwrites what is deleted (secure_delete), but copies of earlier pages are in the write-ahead log, and in the file
/// where an earlier release deleted or moved them: the file is rebuilt, and the log cut to nothing.
/// </summary>
internal sealed class SqliteStorePurge(SqliteWriteThread writer, TimeProvider time) : IStorePurge
{
    private const int MostAttempts = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public async Task PurgeAsync(CancellationToken cancellationToken)
    {
        await writer.MaintainAsync(statements => statements.Execute("VACUUM"));
        for (var attempt = 1; !await CutLogAsync(); attempt++)
        {
            if (attempt == MostAttempts)
            {
                throw new StoreUnavailableException("The write-ahead log could not be cut, since it is being read: retry later.");
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    // The first column is 0 if everything was written back and the log has no content.
    private Task<bool> CutLogAsync() =>
        writer.MaintainAsync(statements => statements.Scalar("PRAGMA wal_checkpoint(TRUNCATE)") is 0L);
}

/// <summary>
/// PostgreSQL removes deleted rows in its own time (VACUUM), which is the business of the role that owns the tables; docs/backup.md
/// tells what remains where.
/// </summary>
internal sealed class PostgreSqlStorePurge : IStorePurge
{
    public Task PurgeAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
