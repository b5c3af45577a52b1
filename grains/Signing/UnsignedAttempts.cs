using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Ledger;
using CodeSigning.Ledger;
using CodeSigning.Signing;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Signing;

/// <summary>Limits the entries of attempts without a signature, per node.</summary>
public sealed class UnsignedAttemptOptions
{
    /// <summary>The rate of entries of one caller.</summary>
    public BudgetRule Entries { get; set; } = new(100, 10);

    /// <summary>How long an attempt may wait for its caller's budget before it is refused.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Writes the entries of denied and failed attempts without letting a denied caller flood the ledger. An entry waits
/// while the previous one of the same kind (caller, signer, outcome, code, grant, address) is being committed, and
/// while the caller's budget is spent; attempts of the kind that arrive meanwhile are counted in it. A single denial is
/// recorded at once, and a flood becomes a few entries a second.
/// </summary>
public sealed class UnsignedAttempts(ILedger ledger, IOptions<UnsignedAttemptOptions> options, TimeProvider time)
{
    private readonly PrincipalBudget _budget = new(options.Value.Entries, time);
    private readonly TimeSpan _patience = options.Value.Patience;
    private readonly Lock _lock = new();
    private readonly Dictionary<Kind, GatheredAttempts> _latest = [];

    /// <summary>The number of kinds of attempts with a pending entry.</summary>
    internal int Pending
    {
        get
        {
            lock (_lock)
            {
                return _latest.Count;
            }
        }
    }

    /// <summary>Records an attempt in an entry of its own or in one shared with attempts of its kind.</summary>
    /// <param name="attempt">The attempt, with an entry, a read set and an end only.</param>
    /// <returns>The entry and its outcome, or only a delay if the caller's budget is spent.</returns>
    internal async Task<RecordedAttempt> RecordAsync(LedgerElement attempt)
    {
        if (Gather(attempt, out var wait) is not { } gathered)
        {
            return new RecordedAttempt(null, null, wait);
        }

        // The attempt is recorded even if the caller has disconnected.
        return new RecordedAttempt(gathered.OperationId, await gathered.Outcome, null);
    }

    private GatheredAttempts? Gather(LedgerElement attempt, out TimeSpan wait)
    {
        var kind = Kind.Of(attempt.Entry!);
        lock (_lock)
        {
            wait = TimeSpan.Zero;
            var latest = _latest.GetValueOrDefault(kind);
            if (latest?.TryAdd(attempt) == true)
            {
                return latest;
            }

            if (!_budget.TryReserve(attempt.Entry!.Actor.Id, _patience, out wait))
            {
                return null;
            }

            var after = wait;
            var gathered = new GatheredAttempts(attempt, self => CommitAsync(kind, self, latest, after));
            _latest[kind] = gathered;
            return gathered;
        }
    }

    private async Task<CommitOutcome> CommitAsync(
        Kind kind, GatheredAttempts gathered, GatheredAttempts? previous, TimeSpan wait)
    {
        try
        {
            if (previous is not null)
            {
                await ((Task)previous.Outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time);
            }

            LedgerElement element;
            lock (_lock)
            {
                element = gathered.Close();
            }

            return await ledger.CommitAsync(element, CancellationToken.None);
        }
        finally
        {
            lock (_lock)
            {
                gathered.Close();
                _ = _latest.TryGetValue(kind, out var latest) && latest == gathered && _latest.Remove(kind);
            }
        }
    }

    private readonly record struct Kind(
        string CallerId, string? SignerId, EntryOutcome Outcome, string? Code, string? GrantId, string? Address)
    {
        public static Kind Of(EntryDraft entry) =>
            new(entry.Actor.Id, entry.SignerId, entry.Outcome, entry.Code, entry.GrantId, entry.Address);
    }
}

/// <summary>The recording of an attempt without a signature.</summary>
/// <param name="OperationId">The entry that counts it; null if there is none.</param>
/// <param name="Outcome">The outcome of that entry's commit; null without an entry.</param>
/// <param name="RetryAfter">The delay if the caller's budget is spent.</param>
internal readonly record struct RecordedAttempt(string? OperationId, CommitOutcome? Outcome, TimeSpan? RetryAfter);

/// <summary>Attempts of one kind that share an entry. All members but the outcome require the owner's lock.</summary>
internal sealed class GatheredAttempts
{
    // The read set grows with each session, so it is bounded.
    private const int MostVersions = 100;

    private readonly Lazy<Task<CommitOutcome>> _commit;
    private readonly HashSet<StateVersion> _readSet;
    private LedgerElement _element;
    private int _count = 1;
    private bool _isClosed;

    public GatheredAttempts(LedgerElement first, Func<GatheredAttempts, Task<CommitOutcome>> commit)
    {
        _element = first;
        _readSet = [.. first.ReadSet];
        _commit = new Lazy<Task<CommitOutcome>>(() => commit(this));
    }

    public string OperationId => _element.Entry!.OperationId;

    /// <summary>The outcome of the entry's commit; the first read starts the commit.</summary>
    public Task<CommitOutcome> Outcome => _commit.Value;

    /// <summary>Counts another attempt, unless the entry is being committed or its read set is full.</summary>
    public bool TryAdd(LedgerElement attempt)
    {
        var further = attempt.ReadSet.Count(version => !_readSet.Contains(version));
        if (_isClosed || (further > 0 && _readSet.Count + further > MostVersions))
        {
            return false;
        }

        _readSet.UnionWith(attempt.ReadSet);
        _element = _element with { Until = attempt.Until < _element.Until ? attempt.Until : _element.Until ?? attempt.Until };
        _count++;
        return true;
    }

    /// <summary>Closes the entry to further attempts and returns it.</summary>
    public LedgerElement Close()
    {
        _isClosed = true;
        return _count == 1
            ? _element
            : _element with { Entry = _element.Entry! with { Count = _count }, ReadSet = [.. _readSet] };
    }
}

/// <summary>Additional members of a denial's problem document, so that a client can act on it.</summary>
internal static class DenialMembers
{
    /// <summary>For a missing approval: the body of a request for exactly this digest, without its justification.</summary>
    public static ImmutableDictionary<string, string> For(ErrorCode code, SigningQuestion question) =>
        code is ErrorCode.ApprovalRequired or ErrorCode.GrantExhausted or ErrorCode.GrantExpired
            or ErrorCode.GrantRevoked or ErrorCode.ScopeMismatch
            ? ImmutableDictionary<string, string>.Empty.Add(
                "request",
                JsonSerializer.Serialize(new
                {
                    requestedSignings = 1,
                    scope = new { digests = new[] { question.Digest } },
                }))
            : ImmutableDictionary<string, string>.Empty;
}
