using System.Text.Json;
using CodeSigning.Errors;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodeSigning.Silo.Ledger.Archiving;

/// <summary>Removes archived entries and checkpoints from a database, in short transactions; one implementation per database.</summary>
internal interface ILedgerPruning
{
    /// <summary>Refuses a role that may not remove entries.</summary>
    /// <exception cref="RefusedException">It may not.</exception>
    Task RequireRightAsync(CancellationToken cancellationToken);

    /// <summary>Removes a stream's entries up to a number, except some, and the signed heads before that number.</summary>
    Task RemoveEntriesAsync(string stream, long last, IReadOnlyList<long> kept, CancellationToken cancellationToken);

    /// <summary>Removes the checkpoints before a number.</summary>
    Task RemoveCheckpointsAsync(long before, CancellationToken cancellationToken);

    /// <summary>Makes the room that was freed usable again.</summary>
    Task ReclaimAsync(CancellationToken cancellationToken);
}

/// <summary>The ranges of numbers of which one transaction each removes rows.</summary>
internal static class PruningRanges
{
    private const long MostAtOnce = 5000;

    /// <summary>The ranges from 1 to a number, both included, each with those of some numbers that lie in it.</summary>
    public static IEnumerable<(long First, long Last, long[] Kept)> UpTo(long last, IReadOnlyList<long> kept)
    {
        var next = 0;
        for (long first = 1; first <= last; first += MostAtOnce)
        {
            var end = Math.Min(last, first + MostAtOnce - 1);
            var begin = next;
            while (next < kept.Count && kept[next] <= end)
            {
                next++;
            }

            // A range that an earlier run has emptied costs nothing more.
            if (next - begin <= end - first)
            {
                yield return (first, end, [.. kept.Skip(begin).Take(next - begin)]);
            }
        }
    }
}

/// <inheritdoc/>
internal sealed class SqliteLedgerPruning(SqliteWriteThread writes, IStorePurge purge) : ILedgerPruning
{
    private const string EntriesTrigger = "ledger_entries_stay";
    private const string HeadsTrigger = "ledger_heads_stay";
    private const string CheckpointsTrigger = "ledger_checkpoints_stay";

    public Task RequireRightAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task RemoveEntriesAsync(string stream, long last, IReadOnlyList<long> kept, CancellationToken cancellationToken)
    {
        foreach (var (first, end, some) in PruningRanges.UpTo(last, kept))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var keptHere = JsonSerializer.Serialize(some);
            await writes.WriteAsync(statements => Without(statements, EntriesTrigger, () => statements.Execute(
                """
                DELETE FROM ledger_entries
                WHERE stream = @a AND number BETWEEN @b AND @c AND number NOT IN (SELECT value FROM json_each(@d))
                """,
                stream, first, end, keptHere)));
        }

        foreach (var (first, end, _) in PruningRanges.UpTo(last - 1, []))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await writes.WriteAsync(statements => Without(statements, HeadsTrigger, () => statements.Execute(
                "DELETE FROM ledger_heads WHERE stream = @a AND number BETWEEN @b AND @c", stream, first, end)));
        }
    }

    public async Task RemoveCheckpointsAsync(long before, CancellationToken cancellationToken)
    {
        foreach (var (first, end, _) in PruningRanges.UpTo(before - 1, []))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await writes.WriteAsync(statements => Without(statements, CheckpointsTrigger, () => statements.Execute(
                "DELETE FROM ledger_checkpoints WHERE number BETWEEN @a AND @b", first, end)));
        }
    }

    public Task ReclaimAsync(CancellationToken cancellationToken) => purge.PurgeAsync(cancellationToken);

    // The trigger is back before the transaction ends: nobody else sees the table without it.
    private static int Without(SqliteStatements statements, string trigger, Func<int> remove)
    {
        var sql = (string)statements.Scalar("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = @a", trigger)!;
        statements.Execute($"DROP TRIGGER {trigger}");
        var removed = remove();
        statements.Execute(sql);
        return removed;
    }
}

/// <inheritdoc/>
/// <remarks>As the role that owns the schema: the service's own may not delete.</remarks>
internal sealed class PostgreSqlLedgerPruning(IOptions<StorageOptions> options) : ILedgerPruning
{
    public async Task RequireRightAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using NpgsqlCommand may = new("SELECT has_table_privilege('ledger_entries', 'DELETE')", connection);
        if (await may.ExecuteScalarAsync(cancellationToken) is not true)
        {
            throw new RefusedException(
                ErrorCode.Forbidden,
                "The database's role may not remove entries, as it should be on a node: set CODESIGNING_DB_MIGRATE to the role that owns the schema.");
        }
    }

    public async Task RemoveEntriesAsync(string stream, long last, IReadOnlyList<long> kept, CancellationToken cancellationToken)
    {
        foreach (var (first, end, some) in PruningRanges.UpTo(last, kept))
        {
            await ExecuteAsync(
                "DELETE FROM ledger_entries WHERE stream = $1 AND number BETWEEN $2 AND $3 AND number <> ALL ($4)",
                cancellationToken, stream, first, end, some);
        }

        foreach (var (first, end, _) in PruningRanges.UpTo(last - 1, []))
        {
            await ExecuteAsync(
                "DELETE FROM ledger_heads WHERE stream = $1 AND number BETWEEN $2 AND $3", cancellationToken, stream, first, end);
        }
    }

    public async Task RemoveCheckpointsAsync(long before, CancellationToken cancellationToken)
    {
        foreach (var (first, end, _) in PruningRanges.UpTo(before - 1, []))
        {
            await ExecuteAsync("DELETE FROM ledger_checkpoints WHERE number BETWEEN $1 AND $2", cancellationToken, first, end);
        }
    }

    public Task ReclaimAsync(CancellationToken cancellationToken) =>
        ExecuteAsync("VACUUM ledger_entries, ledger_heads, ledger_checkpoints", cancellationToken);

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        try
        {
            await using var connection = await OpenAsync(cancellationToken);
            await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw PostgreSqlFaults.Translate(exception);
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder owner = new(options.Value.Migrate ?? options.Value.Database) { SearchPath = PostgreSqlConnections.Schema };
        NpgsqlConnection connection = new(owner.ToString());
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (NpgsqlException exception)
        {
            await connection.DisposeAsync();
            throw PostgreSqlFaults.Translate(exception);
        }
    }
}
