using System.Collections.Immutable;
using System.Text;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage.Sqlite;

namespace CodeSigning.Silo.Ledger.Commits.Sqlite;

/// <summary>Writes a proposal that nothing stands against.</summary>
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

    // Names move within a batch: they are given up before they are taken.
    private static void WriteStates(SqliteStatements statements, IReadOnlyList<SealedWrite> writes)
    {
        foreach (var (write, _, _) in writes)
        {
            if (write.ExpectedVersion == 0)
            {
                continue;
            }

            // Left to itself the planner walks all links of the kind.
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
            write.Type, write.Id, version, Encoding.UTF8.GetString(write.Content!.Value.Span), seal,
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
