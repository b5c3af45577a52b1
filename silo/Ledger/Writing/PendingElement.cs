using System.Collections.Immutable;
using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>An element on its way: waiting, then taken into a batch, then durable or refused.</summary>
internal sealed class PendingElement(LedgerElement element, ImmutableArray<PendingEntry> entries, int size)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;

    private readonly TaskCompletionSource<CommitOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _phase = Waiting;

    /// <summary>The element, with what it is committed with (<see cref="LedgerElement.With"/>) merged into it.</summary>
    public LedgerElement Element { get; } = element;

    /// <summary>Its entries in their order; none, one, or more where it is committed with others.</summary>
    public ImmutableArray<PendingEntry> Entries { get; } = entries;

    /// <summary>About how many bytes the element adds to a batch.</summary>
    public int Size { get; } = size;

    /// <summary>The use of its grant that it takes in the batch being built.</summary>
    public long? Use { get; set; }

    public Task<CommitOutcome> Outcome => _outcome.Task;

    /// <summary>Whether its caller has been told that the ledger did not answer; nobody wants it written any more.</summary>
    public bool IsCallerGone { get; private set; }

    /// <summary>Whether its caller has gone and it was never part of a batch that was sent.</summary>
    public bool IsAbandoned => Volatile.Read(ref _phase) == Abandoned;

    /// <summary>Checks an element and prepares what can be prepared outside the writer.</summary>
    /// <exception cref="ArgumentException">The element holds text or JSON that the ledger does not take.</exception>
    public static PendingElement Prepare(LedgerElement element)
    {
        element = Normalise(element);
        var entries = ImmutableArray.CreateBuilder<PendingEntry>(1 + element.With.Length);
        Add(element);
        foreach (var other in element.With)
        {
            if (other is not { Use: null, Answer: null, With.IsDefaultOrEmpty: true, Counters.IsDefaultOrEmpty: true })
            {
                throw new ArgumentException("What is committed with an element has neither use, answer nor counters.", nameof(element));
            }

            var part = Normalise(other);
            Add(part);
            element = element with
            {
                ReadSet = element.ReadSet.AddRange(part.ReadSet),
                Writes = element.Writes.AddRange(part.Writes),
                Until = part.Until < element.Until || element.Until is null ? part.Until : element.Until,
            };
        }

        ElementRules.Check(element);
        var size = SizeOf(element, entries);
        return new PendingElement(element, entries.DrainToImmutable(), size);

        void Add(LedgerElement part)
        {
            if (part.Entry is not { } draft)
            {
                return;
            }

            ElementRules.Check(draft);
            entries.Add(new PendingEntry(draft, EntryFront.Write(part, draft)));
        }
    }

    /// <summary>Marks it as part of a batch; false where its caller has gone.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _phase, Taken, Waiting) != Abandoned;

    /// <summary>Its caller no longer waits; true where it was not part of a batch yet and will not be.</summary>
    public bool TryAbandon()
    {
        IsCallerGone = true;
        return Interlocked.CompareExchange(ref _phase, Abandoned, Waiting) != Taken;
    }

    /// <summary>Puts it back among those that wait: the batch that it was part of was refused.</summary>
    public void PutBack() => Interlocked.CompareExchange(ref _phase, Waiting, Taken);

    public void Complete(CommitOutcome outcome) => _outcome.TrySetResult(outcome);

    /// <summary>Cancels it unless it is part of a batch.</summary>
    public void CancelIfWaiting(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _phase, Abandoned, Waiting) == Waiting)
        {
            _outcome.TrySetCanceled(cancellationToken);
        }
    }

    public void Fail(Exception exception) => _outcome.TrySetException(exception);

    private static LedgerElement Normalise(LedgerElement element) => element with
    {
        ReadSet = element.ReadSet.IsDefault ? [] : element.ReadSet,
        Writes = element.Writes.IsDefault ? [] : element.Writes,
        Counters = element.Counters.IsDefault ? [] : element.Counters,
        With = element.With.IsDefault ? [] : element.With,
    };

    private static int SizeOf(LedgerElement element, IEnumerable<PendingEntry> entries)
    {
        var size = 256 + (element.Answer?.Answer.Length ?? 0);
        foreach (var entry in entries)
        {
            size += entry.Front.Length;
        }

        foreach (var write in element.Writes)
        {
            size += 256 + (write.Content?.Length ?? 0);
        }

        return size;
    }
}

/// <summary>An entry on its way.</summary>
/// <param name="Draft">What it tells.</param>
/// <param name="Front">Its JSON as far as it does not depend on its place.</param>
internal readonly record struct PendingEntry(EntryDraft Draft, byte[] Front);
