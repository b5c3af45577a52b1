using System.Text;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Silo.Storage;
using Npgsql;
using NpgsqlTypes;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>
/// Commits to PostgreSQL with one call of a function that locks, compares and writes in its own transaction. The
/// connection and the prepared call are reused.
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
            // The state of the connection is unknown.
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

    public Task WaitForPendingCommitsAsync(CancellationToken cancellationToken) =>
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

    // Duplicate operation ids are too rare to check for before each batch.
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
        // An error reported by the server leaves the connection and the prepared call usable.
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

/// <summary>
/// The prepared call of <c>commit_batch</c> on one connection. A batch is passed as arrays, one per column; absent
/// parts are NULL, for which the function skips its statements.
/// </summary>
internal sealed class CommitCall : IAsyncDisposable
{
    private readonly NpgsqlCommand _command;
    private int _next;

    private CommitCall(NpgsqlCommand command) => _command = command;

    public NpgsqlConnection Connection => _command.Connection!;

    /// <summary>Prepares the call; takes ownership of the connection.</summary>
    public static async Task<CommitCall> PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        CommitCall call = new(new NpgsqlCommand { Connection = connection });
        try
        {
            call.DeclareScalars();
            call.DeclareArrays();
            var parameters = string.Join(", ", Enumerable.Range(1, call._command.Parameters.Count).Select(i => $"${i}"));
            call._command.CommandText = $"SELECT * FROM codesigning.commit_batch({parameters})";
            await call._command.PrepareAsync(cancellationToken);
            return call;
        }
        catch
        {
            // Otherwise the pool would lose the connection permanently.
            await call.DisposeAsync();
            throw;
        }
    }

    public Task<NpgsqlDataReader> ExecuteAsync(CommitProposal proposal, long toleranceMs, CancellationToken cancellationToken)
    {
        _next = 0;
        Set(proposal.Stream);
        Set(proposal.Expected);
        Set(proposal.Next);
        Set(proposal.AtMs);
        Set(toleranceMs);
        Set(proposal.UntilMs);
        Set(AnswerStore.KeptMs);
        SetChecks(proposal);
        SetWrites([.. proposal.Writes, .. proposal.UseCounts]);
        SetLinks(proposal.Writes);
        SetColumns(
            proposal.Answers, a => a.Caller, a => a.Scope, a => a.Key);
        SetColumns(proposal.Answers, a => a.RequestHash, a => a.Answer);
        SetColumns<PlacedEntry, string?>(
            proposal.Entries, e => e.OperationId, e => e.Kind, e => e.Outcome, e => e.SignerId, e => e.ActorId, e => e.GrantId);
        SetColumns(proposal.Entries, e => e.Use);
        SetColumns(proposal.Entries, e => Encoding.UTF8.GetString(e.Json.Bytes.Span));
        Set(proposal.Head);
        return _command.ExecuteReaderAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        var connection = Connection;
        await _command.DisposeAsync();
        await connection.DisposeAsync();
    }

    private void SetChecks(CommitProposal proposal)
    {
        SetColumns(proposal.Locks, l => l.Type, l => l.Id);
        SetColumns(proposal.ReadSet, b => b.Type, b => b.Id);
        SetColumns(proposal.ReadSet, b => b.Version);
        SetColumns(proposal.Uses, u => u.GrantId);
        SetColumns(proposal.Uses, u => u.CountBefore);

        // The function's unsealed counters are obsolete: counts are sealed states.
        for (var column = 0; column < 3; column++)
        {
            Set((object?)null);
        }
    }

    private void SetWrites(IReadOnlyList<SealedWrite> writes)
    {
        SetColumns(writes, w => w.Write.Type, w => w.Write.Id);
        SetColumns(writes, w => w.Version);
        SetColumns(writes, w => w.Write.Content is { } content ? Encoding.UTF8.GetString(content.Span) : null);
        SetColumns(writes, w => w.Seal);
        SetColumns(writes, w => w.Write.Index.Name, w => w.Write.Index.Parent, w => w.Write.Index.Status);
        SetColumns(writes, w => w.Write.Index.Until?.ToUnixTimeMilliseconds());
    }

    private void SetLinks(IReadOnlyList<SealedWrite> writes)
    {
        List<(Grains.States.StateWrite Write, string Link)> links = [];
        foreach (var (write, _, _) in writes)
        {
            if (write.Content is not null && !write.Index.Links.IsDefault)
            {
                links.AddRange(write.Index.Links.Select(link => (write, link)));
            }
        }

        SetColumns<(Grains.States.StateWrite Write, string Link), string?>(
            links, l => l.Write.Type, l => l.Write.Id, l => l.Link, l => l.Write.Index.Parent, l => l.Write.Index.Status);
    }

    private void Set(StreamHead head)
    {
        Set(head.Number);
        Set(head.Hash);
        Set(head.Batch);
    }

    private void Set(object? value) => _command.Parameters[_next++].Value = value ?? DBNull.Value;

    private void SetColumns<TRow, TValue>(IReadOnlyList<TRow> rows, params ReadOnlySpan<Func<TRow, TValue>> columns)
    {
        foreach (var column in columns)
        {
            if (rows.Count == 0)
            {
                Set((object?)null);
                continue;
            }

            var values = new TValue[rows.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = column(rows[i]);
            }

            Set(values);
        }
    }

    private void DeclareScalars()
    {
        Declare(NpgsqlDbType.Text);
        for (var head = 0; head < 2; head++)
        {
            Declare(NpgsqlDbType.Bigint, NpgsqlDbType.Bytea, NpgsqlDbType.Uuid);
        }

        Declare(NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint);
    }

    // In the order of ExecuteAsync and of the function's parameters.
    private void DeclareArrays()
    {
        const NpgsqlDbType texts = NpgsqlDbType.Array | NpgsqlDbType.Text;
        const NpgsqlDbType numbers = NpgsqlDbType.Array | NpgsqlDbType.Bigint;
        const NpgsqlDbType binaries = NpgsqlDbType.Array | NpgsqlDbType.Bytea;
        Declare(texts, texts);
        Declare(texts, texts, numbers);
        Declare(texts, numbers);
        Declare(texts, numbers, numbers);
        Declare(texts, texts, numbers, texts, binaries, texts, texts, texts, numbers);
        Declare(texts, texts, texts, texts, texts);
        Declare(texts, texts, texts, binaries, binaries);
        Declare(texts, texts, texts, texts, texts, texts, numbers, texts);
        Declare(NpgsqlDbType.Text);
    }

    private void Declare(params ReadOnlySpan<NpgsqlDbType> types)
    {
        foreach (var type in types)
        {
            _command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = DBNull.Value });
        }
    }
}
