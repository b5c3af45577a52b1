using System.Security.Cryptography;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>Builds a proposal from a batch with numbered uses: places, hashes, seals and the signed head.</summary>
internal sealed class ProposalBuilder(string stream, IStateSealer stateSealer, ISecretSealer answerSealer, ILedgerKey key)
{
    private readonly EntryPlacing _placing = new(stream);

    /// <param name="batch">The elements, with their uses.</param>
    /// <param name="counts">The use counts before the batch.</param>
    /// <param name="after">The use counts after the batch.</param>
    /// <param name="head">The end of the stream.</param>
    /// <param name="atMs">The entries' time, in milliseconds since 1970 (UTC).</param>
    public CommitProposal Build(
        IReadOnlyList<PendingElement> batch,
        IReadOnlyDictionary<string, UseCount> counts,
        IReadOnlyDictionary<string, long> after,
        StreamHead head,
        long atMs)
    {
        Dictionary<string, byte[]> lastEntries = [];
        var at = LedgerTime.ToText(atMs);
        var number = head.Number;
        var hash = head.Hash;
        List<PlacedEntry> entries = new(batch.Count);
        foreach (var pending in batch)
        {
            var use = pending.Use;
            foreach (var (draft, front) in pending.Entries)
            {
                var json = _placing.Place(front, at, use, ++number, hash, out hash);
                entries.Add(new PlacedEntry(
                    number, use, draft.OperationId, EntryWords.Of(draft.Kind), EntryWords.Of(draft.Outcome),
                    draft.SignerId, draft.Actor.Id, draft.GrantId, json));
                if (use is not null)
                {
                    lastEntries[draft.GrantId!] = hash;
                }

                use = null; // The use belongs to the first entry.
            }
        }

        var writes = batch.SelectMany(p => p.Element.Writes).Select(Seal).ToList();
        return new CommitProposal
        {
            Stream = stream,
            Expected = head,
            Next = new StreamHead(number, hash, Guid.NewGuid()),
            AtMs = atMs,
            UntilMs = EarliestEnd(batch),
            ReadSet = ReadSet(batch, after.Keys.Select(id => new StateVersion(StateTypes.UseCount, id, counts[id].Version))),
            Locks = Locks(batch, after.Keys),
            Uses = Uses(batch),
            Writes = writes,
            UseCounts = [.. after.Select(pair => Seal(ToWrite(pair.Key, counts[pair.Key].Version, pair.Value, lastEntries)))],
            Answers = [.. batch.Select(p => p.Element.Answer).OfType<IdempotentAnswer>().Select(Seal)],
            Entries = entries,
            Head = entries.Count == 0 ? null : SignHead(number, hash, at),
        };
    }

    // A failing key is no element's fault: every batch would fail.
    private string SignHead(long number, byte[] hash, string at)
    {
        try
        {
            return HeadText.Sign(stream, number, hash, at, closing: false, key);
        }
        catch (CryptographicException fault)
        {
            throw new LedgerBrokenException("The ledger's key cannot sign.", fault);
        }
    }

    private SealedWrite Seal(StateWrite write)
    {
        var version = write.Result().Version;
        return new SealedWrite(
            write, version, write.Content is { } content ? stateSealer.Seal(write.Type, write.Id, version, content.Span) : []);
    }

    private static StateWrite ToWrite(string id, long version, long count, Dictionary<string, byte[]> lastEntries) => new(
        StateTypes.UseCount,
        id,
        version,
        StateJson.Write(new UseCountState(count, lastEntries.TryGetValue(id, out var hash) ? Convert.ToHexStringLower(hash) : null)),
        StateIndex.None);

    private SealedAnswer Seal(IdempotentAnswer answer) => new(
        answer.Caller,
        answer.Scope,
        answer.Key,
        answerSealer.Seal(answer.RequestHash.Span, AnswerContext.OfRequest(answer.Caller, answer.Scope, answer.Key)),
        answerSealer.Seal(answer.Answer.Span, AnswerContext.OfAnswer(answer.Caller, answer.Scope, answer.Key)));

    private static long? EarliestEnd(IReadOnlyList<PendingElement> batch)
    {
        DateTimeOffset? earliest = null;
        foreach (var pending in batch)
        {
            if (pending.Element.Until is { } until && (earliest is null || until < earliest))
            {
                earliest = until;
            }
        }

        return earliest is { } end ? LedgerTime.ToMilliseconds(end) : null;
    }

    private static List<StateVersion> ReadSet(IReadOnlyList<PendingElement> batch, IEnumerable<StateVersion> counts)
    {
        HashSet<StateVersion> versions = [.. counts];
        foreach (var pending in batch)
        {
            foreach (var version in pending.Element.ReadSet)
            {
                versions.Add(version);
            }

            foreach (var write in pending.Element.Writes)
            {
                versions.Add(write.Replaced());
            }
        }

        return [.. versions];
    }

    // Counts are locked, so that uses are counted one batch at a time. The read sets of writing elements are locked
    // too, or two nodes could each invalidate the other's decision concurrently.
    private static List<(string Type, string Id)> Locks(IReadOnlyList<PendingElement> batch, IEnumerable<string> counted)
    {
        SortedSet<(string Type, string Id)> locks = new(OrdinalPairs.Instance);
        foreach (var id in counted)
        {
            locks.Add((StateTypes.UseCount, id));
        }

        foreach (var pending in batch)
        {
            var element = pending.Element;
            if (element.Writes.IsEmpty)
            {
                continue;
            }

            foreach (var version in element.ReadSet)
            {
                locks.Add((version.Type, version.Id));
            }

            foreach (var write in element.Writes)
            {
                locks.Add((write.Type, write.Id));
            }
        }

        return [.. locks];
    }

    private static List<GrantRun> Uses(IReadOnlyList<PendingElement> batch)
    {
        List<GrantRun> runs = [];
        HashSet<string> seen = [];
        foreach (var pending in batch)
        {
            if (pending.Element.Use is { } use && seen.Add(use.GrantId))
            {
                runs.Add(new GrantRun(use.GrantId, pending.Use!.Value - 1));
            }
        }

        return runs;
    }

    private sealed class OrdinalPairs : IComparer<(string Type, string Id)>
    {
        public static OrdinalPairs Instance { get; } = new();

        public int Compare((string Type, string Id) x, (string Type, string Id) y)
        {
            var byType = string.CompareOrdinal(x.Type, y.Type);
            return byType != 0 ? byType : string.CompareOrdinal(x.Id, y.Id);
        }
    }
}

/// <summary>Numbers the uses of grants and counters in a batch.</summary>
internal sealed class UseAssignment(IReadOnlyDictionary<string, UseCount> counts)
{
    private readonly Dictionary<string, long> _next = [];

    /// <summary>
    /// Assigns each element the next use of its grant and counters. An element whose limit is reached is refused and
    /// removed from the batch; if the limit is reached only by uses of this batch, it is moved to <paramref
    /// name="deferred"/>, since those may still be refused.
    /// </summary>
    /// <param name="batch">The elements.</param>
    /// <param name="deferred">Receives the elements for a later batch.</param>
    /// <returns>The elements whose counts were not read; they are removed from the batch.</returns>
    public List<PendingElement> Assign(List<PendingElement> batch, List<PendingElement> deferred)
    {
        List<PendingElement> uncounted = [];
        batch.RemoveAll(pending =>
        {
            if (!IsCounted(pending.Element))
            {
                uncounted.Add(pending);
                return true;
            }

            if (FindSpent(pending.Element) is { } spent)
            {
                if (spent.IsPermanent)
                {
                    pending.Complete(spent.Outcome);
                }
                else
                {
                    deferred.Add(pending);
                }

                return true;
            }

            Take(pending);
            return false;
        });
        return uncounted;
    }

    /// <summary>The use counts after the batch, by id.</summary>
    public IReadOnlyDictionary<string, long> After => _next;

    private bool IsCounted(LedgerElement element) =>
        (element.Use is not { } use || counts.ContainsKey(use.GrantId)) && element.Counters.All(counter => counts.ContainsKey(counter.Id));

    private (CommitOutcome Outcome, bool IsPermanent)? FindSpent(LedgerElement element)
    {
        if (element.Use is { Limit: { } limit, GrantId: var grantId } && UsedUp(grantId) >= limit)
        {
            return (new CommitOutcome.Exhausted(counts[grantId].Count), counts[grantId].Count >= limit);
        }

        foreach (var counter in element.Counters)
        {
            if (UsedUp(counter.Id) >= counter.Limit)
            {
                return (new CommitOutcome.LimitReached(counter.Id), counts[counter.Id].Count >= counter.Limit);
            }
        }

        return null;
    }

    private long UsedUp(string id) => _next.TryGetValue(id, out var next) ? next : counts[id].Count;

    private void Take(PendingElement pending)
    {
        if (pending.Element.Use is { } use)
        {
            pending.Use = _next[use.GrantId] = UsedUp(use.GrantId) + 1;
        }

        foreach (var counter in pending.Element.Counters)
        {
            _next[counter.Id] = UsedUp(counter.Id) + 1;
        }
    }
}
