using System.Collections.Immutable;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Grants;

/// <summary>What a node learns about a grant from its own signatures.</summary>
/// <param name="used">The number of uses in the ledger when they were counted.</param>
public sealed class GrantTally(long used)
{
    private static readonly TimeSpan HomeAway = TimeSpan.FromSeconds(5);

    private long _used = used;
    private long _homeAwayUntil;

    /// <summary>A lower bound of the uses in the ledger.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Records the number of uses found in the ledger.</summary>
    public void NoteUsed(long inLedger)
    {
        var known = Used;
        while (known < inLedger && Interlocked.CompareExchange(ref _used, inLedger, known) is var seen && seen != known)
        {
            known = seen;
        }
    }

    /// <summary>Records that the grant's home did not answer; it is not called for five seconds.</summary>
    public void NoteHomeAway(DateTimeOffset now) => Volatile.Write(ref _homeAwayUntil, (now + HomeAway).UtcTicks);

    /// <summary>Whether the grant's home is not to be called.</summary>
    public bool IsHomeAway(DateTimeOffset now) => now.UtcTicks < Volatile.Read(ref _homeAwayUntil);
}

/// <summary>A grant as this node knows it.</summary>
/// <param name="Row">The grant as last read.</param>
/// <param name="Tally">The use count learned from signatures.</param>
public sealed record KnownGrant(Row<GrantState> Row, GrantTally Tally)
{
    /// <summary>
    /// With more uses left than all nodes together can have signatures in flight, reservations cannot matter. Near the
    /// limit the grant's home reserves each use.
    /// </summary>
    private const int UsesLeftWithoutReservations = 4096;

    /// <summary>The grant.</summary>
    public GrantState State => Row.State;

    /// <summary>
    /// Whether its home must reserve each use. While the home is unavailable, the commit alone enforces the limit.
    /// </summary>
    public bool NeedsReservation(DateTimeOffset now) =>
        State.MaxSignings - Tally.Used <= UsesLeftWithoutReservations && !Tally.IsHomeAway(now);
}

/// <summary>
/// The grants of a signer that its callers may try, earliest end first. Cached for a second, so that a fleet does not
/// read the store at each signature; read again before any denial.
/// </summary>
public sealed class LiveGrants(string signerId, IStateStore states, ILedgerReader ledger, TimeProvider time)
{
    private const int MostRead = 1000;
    private const int MostTried = 100;
    private const int MostRemembered = 10_000;
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<PrincipalRef, KnownGrantee> _remembered = [];
    private int _rememberedGrants;

    /// <summary>
    /// The caller's grants that match the request and are, as far as known, neither revoked, exhausted nor expired. If
    /// there is none, the grants that do not match or the last one that ended, which explain the denial.
    /// </summary>
    public async ValueTask<ImmutableArray<KnownGrant>> FindAsync(
        PrincipalRef grantee,
        string certificateThumbprint,
        long generation,
        SigningQuestion question,
        bool fresh,
        CancellationToken cancellationToken)
    {
        var grants = await RecallAsync(grantee, fresh, cancellationToken);
        var now = question.Now(time);
        ImmutableArray<KnownGrant> fitting =
        [
            .. grants
                .Where(grant => GrantRules.Check(
                    grant.State, grantee, certificateThumbprint, generation, question, grant.Tally.Used, now) is null)
                .Take(MostTried),
        ];
        return fitting.IsEmpty ? [.. grants.Take(MostTried)] : fitting;
    }

    private async ValueTask<ImmutableArray<KnownGrant>> RecallAsync(
        PrincipalRef grantee, bool fresh, CancellationToken cancellationToken)
    {
        var known = Recall(grantee);
        return !fresh && known.Last is { } last && time.GetUtcNow() - last.At < MaxAge
            ? last.Grants
            : await known.Readings.AskAsync().WaitAsync(cancellationToken);
    }

    private async Task<ImmutableArray<KnownGrant>> ReadAsync(PrincipalRef grantee, KnownGrantee known)
    {
        var now = time.GetUtcNow();
        var before = known.Last is { } last ? last.Grants : [];
        var grants = await ReadAsync(grantee, before, now, CancellationToken.None);
        Remember(grantee, known, now, grants);
        return grants;
    }

    private async Task<ImmutableArray<KnownGrant>> ReadAsync(
        PrincipalRef grantee, ImmutableArray<KnownGrant> known, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var query = new StateQuery(StateTypes.Grant, Parent: signerId, AnyLink: [grantee.ToLink()]);

        // The row of a grant is not updated when its window ends, so filter by the end too.
        var live = await states.ListAsync(
            query with { Statuses = ["active"], UntilAtLeast = now, Limit = MostRead }, cancellationToken);
        var found = live.Count > 0 ? live : await states.ListAsync(query with { Limit = 1 }, cancellationToken);
        var rows = found
            .Select(row => row.ToRow<GrantState>())
            .OrderBy(grant => grant.State.WindowEnd ?? DateTimeOffset.MaxValue)
            .ThenBy(grant => grant.Id, StringComparer.Ordinal)
            .ToArray();
        var tallies = known.ToDictionary(grant => grant.Row.Id, grant => grant.Tally);
        var uses = await ledger.CountUsesAsync(
            [.. rows.Select(row => row.Id).Where(id => !tallies.ContainsKey(id))], cancellationToken);

        // Use counts never decrease; the next commit reveals uses by others.
        return [.. rows.Select(row => new KnownGrant(row, tallies.GetValueOrDefault(row.Id) ?? new GrantTally(uses[row.Id])))];
    }

    private KnownGrantee Recall(PrincipalRef grantee)
    {
        lock (_lock)
        {
            if (_remembered.TryGetValue(grantee, out var known))
            {
                return known;
            }

            if (_remembered.Count >= MostRemembered)
            {
                Forget();
            }

            known = new KnownGrantee(self => ReadAsync(grantee, self));
            _remembered.Add(grantee, known);
            return known;
        }
    }

    private void Remember(PrincipalRef grantee, KnownGrantee known, DateTimeOffset at, ImmutableArray<KnownGrant> grants)
    {
        lock (_lock)
        {
            if (_remembered.GetValueOrDefault(grantee) != known)
            {
                return; // It was evicted meanwhile.
            }

            _rememberedGrants += grants.Length - (known.Last?.Grants.Length ?? 0);
            if (_rememberedGrants > MostRemembered)
            {
                Forget();
                return;
            }

            known.Last = new GrantReading(at, grants);
        }
    }

    private void Forget()
    {
        _remembered.Clear();
        _rememberedGrants = 0;
    }

    private sealed record GrantReading(DateTimeOffset At, ImmutableArray<KnownGrant> Grants);

    /// <summary>
    /// The known grants of one caller. Concurrent attempts that would be denied share readings, each begun after the
    /// attempt.
    /// </summary>
    private sealed class KnownGrantee
    {
        private volatile GrantReading? _last;

        public KnownGrantee(Func<KnownGrantee, Task<ImmutableArray<KnownGrant>>> read) => Readings = new(() => read(this));

        public SharedRun<ImmutableArray<KnownGrant>> Readings { get; }

        /// <summary>The last reading; null if there is none.</summary>
        public GrantReading? Last
        {
            get => _last;
            set => _last = value;
        }
    }
}
