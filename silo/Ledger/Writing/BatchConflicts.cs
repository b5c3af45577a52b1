using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// Decides which elements may share a batch. All read sets of a batch are compared before anything of it is written, so
/// an element that rests on, or replaces, what an earlier one of the batch writes must wait for the next; likewise where
/// both want the same name, idempotency key or operation id.
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
