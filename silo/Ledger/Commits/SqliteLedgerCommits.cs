using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>
/// Commits to SQLite. The transaction takes the write lock before its first read, so what it compares cannot change
/// before it writes; the clock is read under the lock too.
/// </summary>
internal sealed class SqliteLedgerCommits(SqliteWriteThread writer, TimeProvider time, long toleranceMs) : ILedgerCommits
{
    public Task<long> ReadClockAsync(CancellationToken cancellationToken) => Task.FromResult(NowMs());

    public Task OpenStreamAsync(string stream, string node, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements => statements.Execute(
            "INSERT INTO ledger_streams (id, node, opened_ms, hash, batch) VALUES (@a, @b, @c, @d, @e)",
            stream, node, NowMs(), StreamHead.Empty.Hash, StreamHead.Empty.Batch.ToByteArray()));

    public Task<CommitReport> CommitAsync(CommitProposal proposal, CancellationToken cancellationToken) =>
        writer.WriteAndContinueAsync(statements => Commit(statements, proposal));

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

    // There is one writing thread, so a later job begins when earlier batches are durable.
    public Task WaitForPendingCommitsAsync(CancellationToken cancellationToken) => writer.WriteAsync(_ => true);

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

    private static (StreamHead Head, bool IsClosed)? ReadEnd(SqliteStatements statements, string stream) =>
        statements.Row("SELECT number, hash, batch, closed_ms FROM ledger_streams WHERE id = @a", stream) is { } row
            ? (new StreamHead((long)row[0]!, (byte[])row[1]!, new Guid((byte[])row[2]!)), row[3] is not null)
            : null;

    private long NowMs() => LedgerTime.ToMilliseconds(time.GetUtcNow());
}

/// <summary>Compares a proposal with the database under its write lock.</summary>
internal static class SqliteChecks
{
    public static CommitReport Examine(SqliteStatements statements, CommitProposal proposal, long nowMs, long toleranceMs) =>
        new(CommitStatus.Committed, nowMs)
        {
            IsTimeOff = proposal.Entries.Count > 0 && Math.Abs(nowMs - proposal.AtMs) > toleranceMs,
            Stale = FindStale(statements, proposal.ReadSet),
            Uses = FindUses(statements, proposal.Uses),
            Names = FindNames(statements, proposal.Writes),
            Answers = FindAnswers(statements, proposal.Answers, nowMs - AnswerStore.KeptMs),
            Operations = FindOperations(statements, proposal.Entries),
        };

    private static List<StateVersion> FindStale(SqliteStatements statements, IReadOnlyList<StateVersion> readSet)
    {
        List<StateVersion> stale = [];
        foreach (var version in readSet)
        {
            var actual = statements.Scalar("SELECT version FROM states WHERE type = @a AND id = @b", version.Type, version.Id) as long? ?? 0;
            var found = version with { Version = actual };
            if (actual != version.Version && !stale.Contains(found))
            {
                stale.Add(found);
            }
        }

        return stale;
    }

    private static List<(string, long)> FindUses(SqliteStatements statements, IReadOnlyList<GrantRun> runs)
    {
        List<(string, long)> found = [];
        foreach (var run in runs)
        {
            var count = statements.Scalar(
                "SELECT use FROM ledger_entries WHERE grant_id = @a AND use IS NOT NULL ORDER BY use DESC LIMIT 1", run.GrantId) as long? ?? 0;
            if (count != run.CountBefore)
            {
                found.Add((run.GrantId, count));
            }
        }

        return found;
    }

    private static List<(string, string)> FindNames(SqliteStatements statements, IReadOnlyList<SealedWrite> writes)
    {
        List<(string, string)> found = [];
        var written = writes.Select(w => (w.Write.Type, w.Write.Id)).ToHashSet();
        foreach (var (write, _, _) in writes)
        {
            if (write.Index.Name is not { } name || write.Content is null)
            {
                continue;
            }

            var bearer = statements.Scalar("SELECT id FROM states WHERE type = @a AND name = @b", write.Type, name) as string;
            if (bearer is not null && !written.Contains((write.Type, bearer)))
            {
                found.Add((write.Type, name));
            }
        }

        return found;
    }

    private static List<(string, string, string)> FindAnswers(
        SqliteStatements statements, IReadOnlyList<SealedAnswer> answers, long madeAfterMs)
    {
        List<(string, string, string)> found = [];
        foreach (var answer in answers)
        {
            if (statements.Scalar(
                    "SELECT 1 FROM answers WHERE caller = @a AND scope = @b AND key = @c AND made_ms > @d",
                    answer.Caller, answer.Scope, answer.Key, madeAfterMs) is not null)
            {
                found.Add((answer.Caller, answer.Scope, answer.Key));
            }
        }

        return found;
    }

    private static List<string> FindOperations(SqliteStatements statements, IReadOnlyList<PlacedEntry> entries) => entries.Count == 0
        ? []
        : statements.Texts(
            "SELECT operation_id FROM ledger_entries WHERE operation_id IN (SELECT value FROM json_each(@a))",
            JsonSerializer.Serialize(entries.Select(entry => entry.OperationId)));
}

/// <summary>Writes a checked proposal.</summary>
internal static class SqliteWrites
{
    public static void Write(SqliteStatements statements, CommitProposal proposal, long nowMs)
    {
        WriteStates(statements, proposal.Writes);
        foreach (var count in proposal.UseCounts)
        {
            WriteState(statements, count);
        }

        foreach (var answer in proposal.Answers)
        {
            statements.Execute(
                "INSERT OR REPLACE INTO answers (caller, scope, key, request_hash, answer, made_ms) VALUES (@a, @b, @c, @d, @e, @f)",
                answer.Caller, answer.Scope, answer.Key, answer.RequestHash, answer.Answer, nowMs);
        }

        foreach (var entry in proposal.Entries)
        {
            WriteEntry(statements, proposal, entry);
        }

        if (proposal.Head is { } head)
        {
            statements.Execute(
                "INSERT INTO ledger_heads (stream, number, closing, json) VALUES (@a, @b, 0, @c)",
                proposal.Stream, proposal.Next.Number, head);
        }

        statements.Execute(
            "UPDATE ledger_streams SET number = @a, hash = @b, batch = @c WHERE id = @d",
            proposal.Next.Number, proposal.Next.Hash, proposal.Next.Batch.ToByteArray(), proposal.Stream);
    }

    private static void WriteEntry(SqliteStatements statements, CommitProposal proposal, PlacedEntry entry) =>
        statements.Execute(
            """
            INSERT INTO ledger_entries
                (stream, number, operation_id, at_ms, kind, outcome, signer_id, actor_id, grant_id, use, json)
            VALUES (@a, @b, @c, @d, @e, @f, @g, @h, @i, @j, @k)
            """,
            proposal.Stream, entry.Number, entry.OperationId, proposal.AtMs, entry.Kind, entry.Outcome,
            entry.SignerId, entry.ActorId, entry.GrantId, entry.Use, entry.Json);

    // Names may move between states in a batch: release them before they are taken.
    private static void WriteStates(SqliteStatements statements, IReadOnlyList<SealedWrite> writes)
    {
        foreach (var (write, _, _) in writes)
        {
            if (write.ExpectedVersion == 0)
            {
                continue;
            }

            // Without the hint the planner scans all links of the type.
            statements.Execute("DELETE FROM state_links INDEXED BY state_links_id WHERE type = @a AND id = @b", write.Type, write.Id);
            if (write.Content is null)
            {
                statements.Execute("DELETE FROM states WHERE type = @a AND id = @b", write.Type, write.Id);
            }
            else if (write.Index.Name is not null)
            {
                statements.Execute("UPDATE states SET name = NULL WHERE type = @a AND id = @b", write.Type, write.Id);
            }
        }

        foreach (var state in writes)
        {
            if (state.Write.Content is not null)
            {
                WriteState(statements, state);
            }
        }
    }

    private static void WriteState(SqliteStatements statements, SealedWrite state)
    {
        var (write, version, seal) = state;
        statements.Execute(
            """
            INSERT INTO states (type, id, version, content, seal, name, parent, status, until_ms)
            VALUES (@a, @b, @c, @d, @e, @f, @g, @h, @i)
            ON CONFLICT (type, id) DO UPDATE SET version = excluded.version, content = excluded.content, seal = excluded.seal,
                name = excluded.name, parent = excluded.parent, status = excluded.status, until_ms = excluded.until_ms
            """,
            write.Type, write.Id, version, new Utf8Text(write.Content!.Value), seal,
            write.Index.Name, write.Index.Parent, write.Index.Status, write.Index.Until?.ToUnixTimeMilliseconds());
        foreach (var link in Links(write.Index))
        {
            statements.Execute(
                "INSERT OR IGNORE INTO state_links (type, link, id, parent, status) VALUES (@a, @b, @c, @d, @e)",
                write.Type, link, write.Id, write.Index.Parent, write.Index.Status);
        }
    }

    private static ImmutableArray<string> Links(StateIndex index) => index.Links.IsDefault ? [] : index.Links;
}
