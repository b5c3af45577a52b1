using CodeSigning.Grains.Ledger;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// From what a commit found, decides which elements of the batch are refused and why. Pure: who stays in the batch may be
/// proposed again.
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

    /// <summary>What becomes of an element of the batch.</summary>
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

    /// <summary>What becomes of an element.</summary>
    internal abstract record Verdict
    {
        /// <summary>It is proposed again.</summary>
        internal sealed record Stays : Verdict;

        /// <summary>It is refused.</summary>
        internal sealed record Refused(CommitOutcome Outcome) : Verdict;

        /// <summary>Its operation id is in the ledger: a mistake of the caller's that no decision made anew repairs.</summary>
        internal sealed record Duplicate(string OperationId) : Verdict;
    }
}
