using System.Collections.Immutable;
using System.Text.Json;
using CodeSigning.Contract;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Ledger;
using CodeSigning.Ledger;
using CodeSigning.Signing;
using Microsoft.Extensions.Options;

namespace CodeSigning.Grains.Signing;

/// <summary>How many entries attempts without a signature may leave. Per node.</summary>
public sealed class UnsignedAttemptOptions
{
    /// <summary>The entries of one caller.</summary>
    public BudgetRule Entries { get; set; } = new(100, 10);

    /// <summary>How long an attempt waits for its caller's next entry before it is told to come back.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Writes the entries of attempts that were denied or failed, so that who is denied cannot fill the ledger. An entry waits
/// while the one before it of the same kind (caller, signer, outcome, code, grant, address) is being committed, and where the
/// caller's budget is spent until there is more; attempts of the kind that come meanwhile are counted in it. So a single
/// denial is told at once, and a flood becomes a few entries a second.
/// </summary>
public sealed class UnsignedAttempts(ILedger ledger, IOptions<UnsignedAttemptOptions> options, TimeProvider time)
{
    private readonly PrincipalBudget _budget = new(options.Value.Entries, time);
    private readonly TimeSpan _patience = options.Value.Patience;
    private readonly Lock _lock = new();
    private readonly Dictionary<Kind, GatheredAttempts> _latest = [];

    /// <summary>How many kinds of attempts have an entry that is not durable yet.</summary>
    internal int UnderWay
    {
        get
        {
            lock (_lock)
            {
                return _latest.Count;
            }
        }
    }

    /// <summary>Records an attempt, by an entry of its own or in that of others like it.</summary>
    /// <param name="attempt">The attempt with its entry, read set and time, and nothing else.</param>
    /// <returns>The entry and what became of it; only how long to wait where the caller's budget is spent.</returns>
    internal async Task<RecordedAttempt> RecordAsync(LedgerElement attempt)
    {
        if (Gather(attempt, out var wait) is not { } gathered)
        {
            return new RecordedAttempt(null, null, wait);
        }

        // It happened: it is recorded also where the caller has left.
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

/// <summary>What became of an attempt without a signature.</summary>
/// <param name="OperationId">The entry that it is counted in; null where there is none.</param>
/// <param name="Outcome">What the ledger said to that entry; null where there is none.</param>
/// <param name="RetryAfter">How long to wait where the caller's budget is spent.</param>
internal readonly record struct RecordedAttempt(string? OperationId, CommitOutcome? Outcome, TimeSpan? RetryAfter);

/// <summary>Attempts of one kind that share an entry. All but its outcome is used under the lock of its owner.</summary>
internal sealed class GatheredAttempts
{
    // Each session is a version of its own, and the entry names them all.
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

    /// <summary>What the ledger says to the entry; who asks first has it committed.</summary>
    public Task<CommitOutcome> Outcome => _commit.Value;

    /// <summary>Counts another attempt, unless the entry is on its way or tells of too many sessions.</summary>
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

    /// <summary>The entry of all that were counted; no more are.</summary>
    public LedgerElement Close()
    {
        _isClosed = true;
        return _count == 1
            ? _element
            : _element with { Entry = _element.Entry! with { Count = _count }, ReadSet = [.. _readSet] };
    }
}

/// <summary>What a denial's problem document holds beside the sentence, so that a client can act on it.</summary>
internal static class DenialMembers
{
    /// <summary>For a missing approval: the body of a request for exactly this digest, but for its justification.</summary>
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
