using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage.Sqlite;

namespace CodeSigning.Silo.Ledger.Commits.Sqlite;

/// <summary>
/// Commits to SQLite. The transaction takes the write lock before its first read, so what it compares cannot change before
/// it writes; the clock is read under that lock too.
/// </summary>
internal sealed class SqliteLedgerCommits(SqliteWriteThread writer, TimeProvider time, long toleranceMs) : ILedgerCommits
{
    public Task<long> ReadClockAsync(CancellationToken cancellationToken) => Task.FromResult(NowMs());

    public Task OpenStreamAsync(string stream, string node, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements => statements.Execute(
            "INSERT INTO ledger_streams (id, node, opened_ms, hash, batch) VALUES (@a, @b, @c, @d, @e)",
            stream, node, NowMs(), StreamHead.Empty.Hash, StreamHead.Empty.Batch.ToByteArray()));

    public Task<CommitReport> CommitAsync(CommitProposal proposal, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements => Commit(statements, proposal));

    public Task<bool> CloseStreamAsync(
        string stream, StreamHead head, string closingHead, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements =>
        {
            if (ReadEnd(statements, stream) is not { IsClosed: false } end || !end.Head.IsSameAs(head))
            {
                return false;
            }

            statements.Execute(
                "INSERT INTO ledger_heads (stream, number, closing, json) VALUES (@a, @b, 1, @c)", stream, head.Number, closingHead);
            statements.Execute("UPDATE ledger_streams SET closed_ms = @a WHERE id = @b", NowMs(), stream);
            return true;
        });

    public Task<bool> AddCheckpointAsync(
        long number, string? previous, string checkpoint, IReadOnlyList<string> closedStreams, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements =>
        {
            var last = statements.Scalar("SELECT json FROM ledger_checkpoints ORDER BY number DESC LIMIT 1") as string;
            if (last != previous)
            {
                return false;
            }

            statements.Execute("INSERT INTO ledger_checkpoints (number, json) VALUES (@a, @b)", number, checkpoint);
            foreach (var stream in closedStreams)
            {
                statements.Execute("UPDATE ledger_streams SET settled = 1 WHERE id = @a", stream);
            }

            return true;
        });

    // The only writer is one thread: a job that comes after the batches begins when they are durable.
    public Task WaitForCommitsUnderWayAsync(CancellationToken cancellationToken) => writer.WriteAsync(_ => true);

    private CommitReport Commit(SqliteStatements statements, CommitProposal proposal)
    {
        var now = NowMs();
        var end = ReadEnd(statements, proposal.Stream);
        if (end?.Head.IsSameAs(proposal.Next) is true)
        {
            return new CommitReport(CommitStatus.AlreadyCommitted, now);
        }

        if (end is not { IsClosed: false } open || !open.Head.IsSameAs(proposal.Expected))
        {
            return new CommitReport(CommitStatus.HeadMoved, now);
        }

        var report = SqliteChecks.Examine(statements, proposal, now, toleranceMs);
        if (report.HasObjections || proposal.UntilMs <= now)
        {
            return report with { Status = CommitStatus.Refused };
        }

        SqliteWrites.Write(statements, proposal, now);
        return report;
    }

    private static (StreamHead Head, bool IsClosed)? ReadEnd(SqliteStatements statements, string stream)
    {
        using var reader = statements.Query("SELECT number, hash, batch, closed_ms FROM ledger_streams WHERE id = @a", stream);
        return reader.Read()
            ? (new StreamHead(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetGuid(2)), !reader.IsDBNull(3))
            : null;
    }

    private long NowMs() => LedgerTime.ToMilliseconds(time.GetUtcNow());
}
