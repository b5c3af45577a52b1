using System.Collections.Immutable;
using System.Diagnostics;
using CodeSigning.Grains.Ledger;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>A pending element: queued, then taken into a batch, then durable or refused.</summary>
internal sealed class PendingElement(LedgerElement element, ImmutableArray<PendingEntry> entries, int size)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;

    private readonly TaskCompletionSource<CommitOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _phase = Waiting;

    /// <summary>The element, merged with the acts committed with it (<see cref="LedgerElement.With"/>).</summary>
    public LedgerElement Element { get; } = element;

    /// <summary>Its entries in order; several if it is committed with other acts.</summary>
    public ImmutableArray<PendingEntry> Entries { get; } = entries;

    /// <summary>The approximate size of the element in bytes.</summary>
    public int Size { get; } = size;

    /// <summary>The number of the grant's use that it takes in the current batch.</summary>
    public long? Use { get; set; }

    /// <summary>The span of its commit; null where it is in no trace.</summary>
    public Activity? Span { get; set; }

    public Task<CommitOutcome> Outcome => _outcome.Task;

    /// <summary>Whether its caller has timed out; the element should no longer be written.</summary>
    public bool IsCallerGone { get; private set; }

    /// <summary>Whether its caller has gone before it was part of a sent batch.</summary>
    public bool IsAbandoned => Volatile.Read(ref _phase) == Abandoned;

    /// <summary>Validates an element and does the work that needs no writer.</summary>
    /// <exception cref="ArgumentException">The element is invalid.</exception>
    public static PendingElement Prepare(LedgerElement element)
    {
        element = Normalise(element);
        var entries = ImmutableArray.CreateBuilder<PendingEntry>(1 + element.With.Length);
        Add(element);
        foreach (var other in element.With)
        {
            if (other is not { Use: null, Answer: null, With.IsDefaultOrEmpty: true, Counters.IsDefaultOrEmpty: true })
            {
                throw new ArgumentException("The element is invalid: acts committed with it cannot have a use, an answer or counters.", nameof(element));
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

    /// <summary>Marks it as part of a batch; false if its caller has gone.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _phase, Taken, Waiting) != Abandoned;

    /// <summary>Abandons it for its caller; true if it is not and will not be part of a batch.</summary>
    public bool TryAbandon()
    {
        IsCallerGone = true;
        return Interlocked.CompareExchange(ref _phase, Abandoned, Waiting) != Taken;
    }

    /// <summary>Returns it to the queue after its batch was refused.</summary>
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

/// <summary>A pending entry.</summary>
/// <param name="Draft">The draft.</param>
/// <param name="Front">The part of its JSON that does not depend on its place.</param>
internal readonly record struct PendingEntry(EntryDraft Draft, byte[] Front);
