using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// Decides from a commit's report which elements are refused and why. Pure; the remaining elements may be proposed
/// again.
/// </summary>
internal sealed class RefusalDecision
{
    private readonly CommitReport _report;
    private readonly Dictionary<(string, string), StateVersion> _stale;
    private readonly HashSet<(string, string)> _names;
    private readonly HashSet<(string, string, string)> _answers;
    private readonly HashSet<string> _operations;

    public RefusalDecision(CommitReport report)
    {
        _report = report;
        _stale = report.Stale.ToDictionary(v => (v.Type, v.Id));
        _names = [.. report.Names];
        _answers = [.. report.Answers];
        _operations = [.. report.Operations];
    }

    /// <summary>The verdict on an element of the batch.</summary>
    public Verdict Judge(PendingElement pending)
    {
        var element = pending.Element;
        var stale = FindStale(element);
        if (stale.Count > 0)
        {
            return new Verdict.Refused(new CommitOutcome.Stale([.. stale]));
        }

        if (element.Until is { } until && LedgerTime.ToMilliseconds(until) <= _report.NowMs)
        {
            return new Verdict.Refused(new CommitOutcome.TooLate(LedgerTime.ToTime(_report.NowMs)));
        }

        if (element.Answer is { } answer && _answers.Contains((answer.Caller, answer.Scope, answer.Key)))
        {
            return new Verdict.Refused(new CommitOutcome.AlreadyAnswered());
        }

        foreach (var write in element.Writes)
        {
            if (write.Index.Name is { } name && write.Content is not null && _names.Contains((write.Type, name)))
            {
                return new Verdict.Refused(new CommitOutcome.NameTaken(write.Type, name));
            }
        }

        foreach (var (draft, _) in pending.Entries)
        {
            if (_operations.Contains(draft.OperationId))
            {
                return new Verdict.Duplicate(draft.OperationId);
            }
        }

        return new Verdict.Stays();
    }

    private List<StateVersion> FindStale(LedgerElement element)
    {
        List<StateVersion> found = [];
        if (_stale.Count == 0)
        {
            return found;
        }

        foreach (var version in element.ReadSet)
        {
            AddIfStale(version, found);
        }

        foreach (var write in element.Writes)
        {
            AddIfStale(write.Replaced(), found);
        }

        return found;
    }

    private void AddIfStale(StateVersion version, List<StateVersion> found)
    {
        if (_stale.TryGetValue((version.Type, version.Id), out var actual) && actual.Version != version.Version && !found.Contains(actual))
        {
            found.Add(actual);
        }
    }

    /// <summary>The verdict on an element.</summary>
    internal abstract record Verdict
    {
        /// <summary>It is proposed again.</summary>
        internal sealed record Stays : Verdict;

        /// <summary>It is refused.</summary>
        internal sealed record Refused(CommitOutcome Outcome) : Verdict;

        /// <summary>Its operation id is already in the ledger: a caller's mistake that a retry cannot repair.</summary>
        internal sealed record Duplicate(string OperationId) : Verdict;
    }
}

/// <summary>
/// Decides which elements may share a batch. All read sets of a batch are compared before anything is written, so an
/// element whose read set or replaced version is written by an earlier element must wait for the next batch; likewise
/// elements with the same name, idempotency key or operation id.
/// </summary>
internal sealed class BatchConflicts
{
    private readonly HashSet<(string Type, string Id)> _written = [];
    private readonly HashSet<(string Type, string Name)> _names = [];
    private readonly HashSet<(string Caller, string Scope, string Key)> _answers = [];
    private readonly HashSet<string> _operations = [];

    /// <summary>Adds an element unless it must wait.</summary>
    public bool TryAdd(PendingElement pending)
    {
        if (MustWait(pending))
        {
            return false;
        }

        var element = pending.Element;
        foreach (var write in element.Writes)
        {
            _written.Add((write.Type, write.Id));
            if (write.Index.Name is { } name && write.Content is not null)
            {
                _names.Add((write.Type, name));
            }
        }

        if (element.Answer is { } answer)
        {
            _answers.Add((answer.Caller, answer.Scope, answer.Key));
        }

        foreach (var (draft, _) in pending.Entries)
        {
            _operations.Add(draft.OperationId);
        }

        return true;
    }

    private bool MustWait(PendingElement pending)
    {
        var element = pending.Element;
        foreach (var (draft, _) in pending.Entries)
        {
            if (_operations.Contains(draft.OperationId))
            {
                return true;
            }
        }

        if (element.Answer is { } answer && _answers.Contains((answer.Caller, answer.Scope, answer.Key)))
        {
            return true;
        }

        if (_written.Count == 0)
        {
            return false;
        }

        foreach (var version in element.ReadSet)
        {
            if (_written.Contains((version.Type, version.Id)))
            {
                return true;
            }
        }

        foreach (var write in element.Writes)
        {
            var replaced = write.Replaced();
            if (_written.Contains((replaced.Type, replaced.Id))
                || (write.Index.Name is { } name && _names.Contains((write.Type, name))))
            {
                return true;
            }
        }

        return false;
    }
}
