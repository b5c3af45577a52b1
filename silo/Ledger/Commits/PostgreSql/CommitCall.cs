using System.Text;
using CodeSigning.Silo.Storage;
using Npgsql;
using NpgsqlTypes;

namespace CodeSigning.Silo.Ledger.Commits.PostgreSql;

/// <summary>
/// The prepared call of <c>commit_batch</c> on one connection. A batch travels as arrays, one a column; what a batch lacks
/// is NULL, which spares the function the statements for it.
/// </summary>
internal sealed class CommitCall : IAsyncDisposable
{
    private readonly NpgsqlCommand _command;
    private int _next;

    private CommitCall(NpgsqlCommand command) => _command = command;

    public NpgsqlConnection Connection => _command.Connection!;

    /// <summary>Prepares the call, and takes the connection over.</summary>
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
            // A connection that is not given back is missing in the pool for good.
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
        SetColumns(proposal.Entries, e => e.Json);
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
        SetColumns(proposal.Basis, b => b.Type, b => b.Id);
        SetColumns(proposal.Basis, b => b.Version);
        SetColumns(proposal.Uses, u => u.GrantId);
        SetColumns(proposal.Uses, u => u.CountBefore);

        // The function's counters are not sealed; what is counted is a state by now.
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

    // In the order in which ExecuteAsync sets them and the function takes them.
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
