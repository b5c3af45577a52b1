using System.Text.Json;
using CodeSigning.Ledger;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Storage.PostgreSql;
using Npgsql;
using NpgsqlTypes;

namespace CodeSigning.Silo.Ledger.Commits.PostgreSql;

/// <summary>
/// Commits to PostgreSQL: one call of one function, which locks, compares, writes and is committed with its statement. The
/// connection and the prepared call are kept from batch to batch.
/// </summary>
internal sealed class PostgreSqlLedgerCommits(PostgreSqlConnections connections, long toleranceMs) : ILedgerCommits, IAsyncDisposable
{
    private const string OperationIndex = "ledger_entries_operation";

    private CommitCall? _call;

    public async Task<long> ReadClockAsync(CancellationToken cancellationToken) =>
        (long)(await connections.CallAsync("codesigning.now_ms()", cancellationToken))!;

    public Task OpenStreamAsync(string stream, string node, CancellationToken cancellationToken) =>
        connections.CallAsync(
            "codesigning.open_stream($1, $2, $3, $4)", cancellationToken,
            Text(stream), Text(node), Binary(StreamHead.Empty.Hash), Id(StreamHead.Empty.Batch));

    public async Task<CommitReport> CommitAsync(CommitProposal proposal, CancellationToken cancellationToken)
    {
        try
        {
            _call ??= await CommitCall.PrepareAsync(await connections.OpenWriterAsync(cancellationToken), cancellationToken);
            await using var reader = await _call.ExecuteAsync(proposal, toleranceMs, cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return Read(reader);
        }
        catch (PostgresException taken) when (taken.ConstraintName == OperationIndex)
        {
            return await FindOperationsAsync(proposal, taken, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            await ForgetBrokenCallAsync(exception);
            throw connections.Translate(exception);
        }
        catch
        {
            // In what state this leaves the connection is not known.
            await ForgetCallAsync();
            throw;
        }
    }

    public async Task<bool> CloseStreamAsync(
        string stream, StreamHead head, string closingHead, CancellationToken cancellationToken) =>
        (bool)(await connections.CallAsync(
            "codesigning.close_stream($1, $2, $3, $4, $5)", cancellationToken,
            Text(stream), Number(head.Number), Binary(head.Hash), Id(head.Batch), Text(closingHead)))!;

    public async Task<bool> AddCheckpointAsync(
        long number, string? previous, string checkpoint, IReadOnlyList<string> closedStreams, CancellationToken cancellationToken) =>
        (bool)(await connections.CallAsync(
            "codesigning.add_checkpoint($1, $2, $3, $4)", cancellationToken,
            Number(number), Text(previous), Text(checkpoint), new NpgsqlParameter { Value = closedStreams.ToArray() }))!;

    public Task WaitForCommitsUnderWayAsync(CancellationToken cancellationToken) =>
        connections.CallAsync("codesigning.wait_for_commits()", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_call is not null)
        {
            await _call.DisposeAsync();
        }
    }

    private static CommitReport Read(NpgsqlDataReader reader) => new((CommitStatus)reader.GetInt32(0), reader.GetInt64(1))
    {
        IsTimeOff = reader.GetBoolean(2),
        Stale = ReadRows(reader, 3, row => new StateVersion(row[0].GetString()!, row[1].GetString()!, row[2].GetInt64())),
        Uses = ReadRows(reader, 4, row => (row[0].GetString()!, row[1].GetInt64())),
        Names = ReadRows(reader, 6, row => (row[0].GetString()!, row[1].GetString()!)),
        Answers = ReadRows(reader, 7, row => (row[0].GetString()!, row[1].GetString()!, row[2].GetString()!)),
    };

    private static T[] ReadRows<T>(NpgsqlDataReader reader, int column, Func<JsonElement, T> map)
    {
        if (reader.IsDBNull(column))
        {
            return [];
        }

        using var document = JsonDocument.Parse(reader.GetString(column));
        return [.. document.RootElement.EnumerateArray().Select(map).Distinct()];
    }

    // An operation id that is there twice is so rare that looking for it before each batch is not worth it.
    private async Task<CommitReport> FindOperationsAsync(
        CommitProposal proposal, PostgresException taken, CancellationToken cancellationToken)
    {
        var ids = string.Join(", ", Enumerable.Range(0, proposal.Entries.Count).Select(DatabaseReads.ParameterName));
        var found = await connections.QueryAsync(
            $"SELECT operation_id FROM ledger_entries WHERE operation_id IN ({ids})",
            reader => reader.GetString(0), cancellationToken, [.. proposal.Entries.Select(e => e.OperationId)]);
        return found.Count == 0
            ? throw connections.Translate(taken)
            : new CommitReport(CommitStatus.Refused, await ReadClockAsync(cancellationToken)) { Operations = found };
    }

    private async Task ForgetBrokenCallAsync(NpgsqlException exception)
    {
        // After an error that the server reports the connection and the prepared call are as good as before.
        if (exception is PostgresException && _call is { Connection.FullState: System.Data.ConnectionState.Open })
        {
            return;
        }

        await ForgetCallAsync();
    }

    private async Task ForgetCallAsync()
    {
        if (_call is { } call)
        {
            await call.DisposeAsync();
        }

        _call = null;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Number(long value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static NpgsqlParameter Binary(byte[] value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    private static NpgsqlParameter Id(Guid value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Uuid };
}
