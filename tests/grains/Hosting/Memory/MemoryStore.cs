using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger.Writing;

namespace CodeSigning.Grains.Tests.Hosting.Memory;

/// <summary>
/// A store and a ledger in dictionaries. A commit is refused for what the real one is refused for, in the same order; its
/// entry is checked and dropped.
/// </summary>
internal sealed class MemoryStore(TimeProvider time) : IStateStore, ILedger, ILedgerReader, ICommitFence, IObservations
{
    private static readonly Comparer<string> NewestFirst = Comparer<string>.Create((left, right) => string.CompareOrdinal(right, left));

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, MemoryCell>> _rows = [];
    private readonly Dictionary<(string Type, string Name), string> _names = [];
    private readonly Dictionary<string, long> _uses = [];
    private readonly Dictionary<string, long> _counters = [];
    private readonly HashSet<(string Caller, string Scope, string Key)> _answers = [];
    private long _entries;

    public ValueTask<CommitOutcome> CommitAsync(LedgerElement element, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            LedgerElement[] parts = [element, .. element.With];
            foreach (var part in parts)
            {
                ElementRules.Check(part);
            }

            if (parts.Select(part => part.Entry).OfType<EntryDraft>().Any(draft => !IsEntry(draft)))
            {
                throw new ArgumentException("This is no entry.", nameof(element));
            }

            return ValueTask.FromResult(Refuse(element, parts) ?? Write(element, parts));
        }
    }

    public Task<StoredState?> ReadAsync(string type, string id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(Find(type, id)?.Stored);
        }
    }

    public Task<IReadOnlyList<StoredState>> ReadManyAsync(
        IReadOnlyCollection<(string Type, string Id)> keys, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<StoredState>>(
                [.. keys.Select(key => Find(key.Type, key.Id)?.Stored).OfType<StoredState>()]);
        }
    }

    public Task<(bool Changed, StoredState? State)> ReadIfChangedAsync(
        string type, string id, long knownVersion, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var stored = Find(type, id)?.Stored;
            return Task.FromResult((stored?.Version ?? 0) == knownVersion ? (false, null) : (true, stored));
        }
    }

    public Task<IReadOnlyList<StateVersion>> FindStaleAsync(
        IReadOnlyCollection<StateVersion> versions, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<StateVersion>>(FindStale(versions));
        }
    }

    public Task<IReadOnlyList<StoredState>> ListAsync(StateQuery query, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<StoredState>>(
                _rows.TryGetValue(query.Type, out var rows)
                    ? [.. rows.Values.Where(cell => cell.Fits(query)).Take(query.Limit).Select(cell => cell.Stored)]
                    : []);
        }
    }

    public Task<long> CountUsesAsync(string grantId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(_uses.GetValueOrDefault(grantId));
        }
    }

    public Task<IReadOnlyDictionary<string, long>> CountUsesAsync(
        IReadOnlyList<string> grantIds, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyDictionary<string, long>>(grantIds.ToDictionary(id => id, id => _uses.GetValueOrDefault(id)));
        }
    }

    public Task<LastUse?> FindLastUseAsync(string grantId, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Entries are not kept here.");

    public Task<long> ReadUnsealedCountAsync(string id, CancellationToken cancellationToken) => Task.FromResult(0L);

    public Task<bool> IsEmptyAsync(CancellationToken cancellationToken) => Task.FromResult(_entries == 0);

    public Task<IReadOnlyList<LedgerEntry>> ListAsync(LedgerQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Entries are not kept here.");

    public Task<LedgerEntry?> FindAsync(string operationId, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Entries are not kept here.");

    public Task WaitForPendingCommitsAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Note(string subject, string what)
    {
    }

    public Task<IReadOnlyList<Observation>> ReadAsync(
        IReadOnlyCollection<string> subjects, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Observation>>([]);

    private static bool IsEntry(EntryDraft draft)
    {
        ElementRules.Check(draft);
        return draft.OperationId.Length > 0;
    }

    private CommitOutcome? Refuse(LedgerElement element, LedgerElement[] parts)
    {
        var now = time.GetUtcNow();
        var stale = FindStale(parts.SelectMany(part => part.ReadSet.Concat(part.Writes.Select(Replaced))));
        if (!stale.IsEmpty)
        {
            return new CommitOutcome.Stale(stale);
        }

        if (parts.Any(part => part.Until <= now))
        {
            return new CommitOutcome.TooLate(now);
        }

        if (element.Answer is { } answer && _answers.Contains((answer.Caller, answer.Scope, answer.Key)))
        {
            return new CommitOutcome.AlreadyAnswered();
        }

        var writes = parts.SelectMany(part => part.Writes).ToArray();
        var written = writes.Select(write => (write.Type, write.Id)).ToHashSet();
        if (written.Count < writes.Length)
        {
            throw new ArgumentException("A state is written twice.", nameof(element));
        }

        foreach (var write in writes)
        {
            if (write is { Content: not null, Index.Name: { } name }
                && _names.TryGetValue((write.Type, name), out var bearer) && !written.Contains((write.Type, bearer)))
            {
                return new CommitOutcome.NameTaken(write.Type, name);
            }
        }

        var used = element.Use is { } use ? _uses.GetValueOrDefault(use.GrantId) : 0;
        return used >= element.Use?.Limit ? new CommitOutcome.Exhausted(used)
            : element.Counters.FirstOrDefault(counter => _counters.GetValueOrDefault(counter.Id) >= counter.Limit) is { } full
                ? new CommitOutcome.LimitReached(full.Id)
                : null;
    }

    private CommitOutcome.Committed Write(LedgerElement element, LedgerElement[] parts)
    {
        var writes = parts.SelectMany(part => part.Writes).ToArray();
        foreach (var write in writes)
        {
            if (Find(write.Type, write.Id)?.Index.Name is { } name)
            {
                _names.Remove((write.Type, name));
            }
        }

        foreach (var write in writes)
        {
            Write(write);
        }

        foreach (var counter in element.Counters)
        {
            _counters[counter.Id] = _counters.GetValueOrDefault(counter.Id) + 1;
        }

        if (element.Answer is { } answer)
        {
            _answers.Add((answer.Caller, answer.Scope, answer.Key));
        }

        long? number = element.Use is { } use ? _uses[use.GrantId] = _uses.GetValueOrDefault(use.GrantId) + 1 : null;
        return new CommitOutcome.Committed(time.GetUtcNow(), "str_memory", element.Entry is null ? 0 : ++_entries, number);
    }

    private void Write(StateWrite write)
    {
        if (!_rows.TryGetValue(write.Type, out var rows))
        {
            _rows.Add(write.Type, rows = new SortedDictionary<string, MemoryCell>(NewestFirst));
        }

        if (write.Content is not { } content)
        {
            rows.Remove(write.Id);
            return;
        }

        rows[write.Id] = new MemoryCell(
            new StoredState(write.Type, write.Id, write.ExpectedVersion + 1, content), write.Index);
        if (write.Index.Name is { } name)
        {
            _names[(write.Type, name)] = write.Id;
        }
    }

    private ImmutableArray<StateVersion> FindStale(IEnumerable<StateVersion> versions) =>
    [
        .. versions
            .Select(version => (Known: version, Actual: version with { Version = Find(version.Type, version.Id)?.Stored.Version ?? 0 }))
            .Where(pair => pair.Known != pair.Actual)
            .Select(pair => pair.Actual)
            .Distinct(),
    ];

    private MemoryCell? Find(string type, string id) =>
        _rows.TryGetValue(type, out var rows) ? rows.GetValueOrDefault(id) : null;

    private static StateVersion Replaced(StateWrite write) => new(write.Type, write.Id, write.ExpectedVersion);
}
