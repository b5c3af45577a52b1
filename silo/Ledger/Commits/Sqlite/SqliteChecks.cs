using CodeSigning.Ledger;
using CodeSigning.Silo.Storage;
using CodeSigning.Silo.Storage.Sqlite;

namespace CodeSigning.Silo.Ledger.Commits.Sqlite;

/// <summary>Compares a proposal with what the database holds, under its write lock.</summary>
internal static class SqliteChecks
{
    public static CommitReport Examine(SqliteStatements statements, CommitProposal proposal, long nowMs, long toleranceMs) =>
        new(CommitStatus.Committed, nowMs)
        {
            IsTimeOff = proposal.Entries.Count > 0 && Math.Abs(nowMs - proposal.AtMs) > toleranceMs,
            Stale = FindStale(statements, proposal.Basis),
            Uses = FindUses(statements, proposal.Uses),
            Names = FindNames(statements, proposal.Writes),
            Answers = FindAnswers(statements, proposal.Answers, nowMs - AnswerStore.KeptMs),
            Operations = FindOperations(statements, proposal.Entries),
        };

    private static List<StateVersion> FindStale(SqliteStatements statements, IReadOnlyList<StateVersion> basis)
    {
        List<StateVersion> stale = [];
        foreach (var version in basis)
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

    private static List<string> FindOperations(SqliteStatements statements, IReadOnlyList<PlacedEntry> entries)
    {
        List<string> found = [];
        foreach (var entry in entries)
        {
            if (statements.Scalar("SELECT 1 FROM ledger_entries WHERE operation_id = @a", entry.OperationId) is not null)
            {
                found.Add(entry.OperationId);
            }
        }

        return found;
    }
}
