using CodeSigning.Silo.Ledger.Commits;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace CodeSigning.Ledger.Bench;

/// <summary>The least that could be done: the same rows into a table with the same indexes, in one multi-row insert.</summary>
internal static class BareInsert
{
    private const string Columns = "stream, number, operation_id, at_ms, kind, outcome, signer_id, actor_id, grant_id, use, json";

    public static async Task<Func<CommitProposal, Task>> PrepareAsync(BenchStore store)
    {
        if (store.PostgreSql is { } database)
        {
            await database.ExecuteAsync("CREATE TABLE codesigning.bare (LIKE codesigning.ledger_entries INCLUDING ALL); GRANT ALL ON codesigning.bare TO PUBLIC");
            return await PreparePostgreSqlAsync(database.Owner);
        }

        SqliteConnection connection = new($"Data Source={store.SqliteFile};Pooling=false");
        await connection.OpenAsync();
        await CreateSqliteTableAsync(connection);
        return PrepareSqlite(connection);
    }

    private static async Task<Func<CommitProposal, Task>> PreparePostgreSqlAsync(string connectionString)
    {
        NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync();
        NpgsqlCommand command = new(
            $"INSERT INTO codesigning.bare ({Columns}) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", connection);
        const NpgsqlDbType texts = NpgsqlDbType.Array | NpgsqlDbType.Text;
        const NpgsqlDbType numbers = NpgsqlDbType.Array | NpgsqlDbType.Bigint;
        foreach (var type in new[] { texts, numbers, texts, numbers, texts, texts, texts, texts, texts, numbers, texts })
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = DBNull.Value });
        }

        await command.PrepareAsync();
        return proposal =>
        {
            var rows = proposal.Entries;
            object[] columns =
            [
                rows.Select(_ => proposal.Stream).ToArray(), rows.Select(r => r.Number).ToArray(), rows.Select(r => r.OperationId).ToArray(),
                rows.Select(_ => proposal.AtMs).ToArray(), rows.Select(r => r.Kind).ToArray(), rows.Select(r => r.Outcome).ToArray(),
                rows.Select(r => r.SignerId).ToArray(), rows.Select(r => r.ActorId).ToArray(), rows.Select(r => r.GrantId).ToArray(),
                rows.Select(r => r.Use).ToArray(), rows.Select(r => r.Json).ToArray(),
            ];
            for (var i = 0; i < columns.Length; i++)
            {
                command.Parameters[i].Value = columns[i];
            }

            return command.ExecuteNonQueryAsync();
        };
    }

    private static async Task CreateSqliteTableAsync(SqliteConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT sql FROM sqlite_master WHERE tbl_name = 'ledger_entries' AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC";
        List<string> statements = [];
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                statements.Add(reader.GetString(0).Replace("ledger_entries", "bare", StringComparison.Ordinal));
            }
        }

        command.CommandText = "PRAGMA synchronous = FULL; " + string.Join(';', statements);
        await command.ExecuteNonQueryAsync();
    }

    private static Func<CommitProposal, Task> PrepareSqlite(SqliteConnection connection)
    {
        var command = connection.CreateCommand();
        command.CommandText = $"INSERT INTO bare ({Columns}) VALUES (@a, @b, @c, @d, @e, @f, @g, @h, @i, @j, @k)";
        for (var c = 'a'; c <= 'k'; c++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = "@" + c });
        }

        return proposal =>
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            command.Transaction = transaction;
            foreach (var row in proposal.Entries)
            {
                object?[] values =
                [
                    proposal.Stream, row.Number, row.OperationId, proposal.AtMs, row.Kind, row.Outcome, row.SignerId, row.ActorId, row.GrantId,
                    row.Use, row.Json,
                ];
                for (var i = 0; i < values.Length; i++)
                {
                    command.Parameters[i].Value = values[i] ?? DBNull.Value;
                }

                command.ExecuteNonQuery();
            }

            transaction.Commit();
            return Task.CompletedTask;
        };
    }
}
