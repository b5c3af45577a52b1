using System.Security.Cryptography;
using System.Text.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>
/// What full verifications found, and who makes the next: one row of the store, sealed, in which the nodes agree. Whoever has
/// the database alone can put an older one back, which only brings the next verification forward.
/// </summary>
public sealed class FullVerifications(
    IStateStore states, ILedger ledger, TimeProvider time, IOptions<VerificationOptions> options, IOptions<LedgerOptions> node)
{
    private const string RowId = "full";
    private const int ProblemsTold = 10;

    /// <summary>The name of this node.</summary>
    internal string Node => node.Value.Node;

    /// <summary>What the last one found; null where none was made, or its row was changed outside the service.</summary>
    public async Task<FullVerification?> FindLastAsync(CancellationToken cancellationToken) =>
        (await ReadOrForgetAsync(cancellationToken)).State.Last;

    internal static FullVerification Sum(VerificationReport report, DateTimeOffset beganAt, DateTimeOffset endedAt, string node) => new(
        beganAt, endedAt, node, report.Intact, report.Entries, report.Checkpoints, report.Problems.Count,
        report.Intact ? null : Fingerprint(report.Problems));

    /// <summary>Claims the next one for this node, if it is due and no other node is at it.</summary>
    /// <exception cref="StateTamperedException">The row was changed outside the service.</exception>
    internal async Task<bool> TryClaimAsync(CancellationToken cancellationToken)
    {
        var (version, state) = await ReadAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (state.ClaimedUntil > now || state.Last?.BeganAt + options.Value.Interval > now)
        {
            return false;
        }

        // A node that died in the middle keeps the others from it for half of the time between two.
        return await SaveAsync(
            version, state with { ClaimedBy = Node, ClaimedUntil = now + (options.Value.Interval / 2) }, null, cancellationToken);
    }

    /// <summary>Gives a claim back, where the store takes it; else it ends by itself.</summary>
    internal async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (version, state) = await ReadOrForgetAsync(cancellationToken);
            if (version is { } known && state.ClaimedBy == Node)
            {
                await SaveAsync(known, state with { ClaimedBy = null, ClaimedUntil = null }, null, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is StoreUnavailableException or LedgerUnavailableException)
        {
            // What keeps it from being given back is told of by whatever else needs the store.
        }
    }

    /// <summary>
    /// Notes what one found. Problems that the last one did not find are an entry, and by that an event for whoever wants to
    /// hear of it.
    /// </summary>
    internal async Task NoteAsync(VerificationReport report, FullVerification found, CancellationToken cancellationToken)
    {
        bool isNoted;
        do
        {
            var (version, state) = await ReadOrForgetAsync(cancellationToken);
            var entry = found.Problem is null || found.Problem == state.Last?.Problem ? null : Tell(report);
            isNoted = version is { } known
                ? await SaveAsync(known, new FullVerificationState { Last = found }, entry, cancellationToken)
                : entry is null || await ledger.CommitAsync(entry, cancellationToken) is CommitOutcome.Committed;
        }
        while (!isNoted);
    }

    // A row that was changed outside the service cannot be replaced: it stays, as evidence, and the entry is made each time.
    private async Task<(long? Version, FullVerificationState State)> ReadOrForgetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(cancellationToken);
        }
        catch (StateTamperedException)
        {
            return (null, new FullVerificationState());
        }
    }

    private async Task<(long Version, FullVerificationState State)> ReadAsync(CancellationToken cancellationToken) =>
        await states.ReadAsync(StateTypes.LedgerVerification, RowId, cancellationToken) is { } row
            ? (row.Version, row.ReadAs<FullVerificationState>())
            : (0, new FullVerificationState());

    private async Task<bool> SaveAsync(
        long version, FullVerificationState state, LedgerElement? entry, CancellationToken cancellationToken)
    {
        StateWrite write = new(StateTypes.LedgerVerification, RowId, version, StateJson.Write(state), StateIndex.None);
        return await ledger.CommitAsync((entry ?? new LedgerElement()).Writing(write), cancellationToken) is CommitOutcome.Committed;
    }

    private LedgerElement Tell(VerificationReport report)
    {
        var change = Change.By(
            Caller.System,
            "ledger.verify",
            "ledger",
            "entries",
            Changes.None.Saying("node", Node).Saying("found", new
            {
                report.Entries,
                report.Checkpoints,
                Problems = report.Problems.Count,
                First = report.Problems.Take(ProblemsTold),
            }),
            time);
        return change with { Entry = change.Entry! with { Outcome = EntryOutcome.Failed } };
    }

    private static string Fingerprint(IReadOnlyList<LedgerProblem> problems) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(problems)));
}

/// <summary>The row: what the last full verification found, and which node is at the next, until when.</summary>
internal sealed record FullVerificationState
{
    public FullVerification? Last { get; init; }

    public string? ClaimedBy { get; init; }

    public DateTimeOffset? ClaimedUntil { get; init; }
}

/// <summary>What a verification of the whole ledger and of every state found.</summary>
/// <param name="BeganAt">When it began (UTC).</param>
/// <param name="EndedAt">When it ended (UTC).</param>
/// <param name="Node">The node that made it.</param>
/// <param name="Intact">Whether nothing was wrong.</param>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Checkpoints">How many checkpoints were looked at.</param>
/// <param name="Problems">How many problems were found, at most <see cref="ProblemList.Limit"/>.</param>
/// <param name="Problem">Names what was found, so that the same is told of once; null where nothing was wrong.</param>
public sealed record FullVerification(
    DateTimeOffset BeganAt, DateTimeOffset EndedAt, string Node, bool Intact, long Entries, long Checkpoints, int Problems,
    string? Problem = null);

/// <summary>Has the whole ledger verified on a schedule, by one of the nodes, as long as they run.</summary>
internal sealed class FullVerificationService(
    ILedgerVerification verification,
    FullVerifications results,
    LedgerMetrics metrics,
    TimeProvider time,
    IOptions<VerificationOptions> options,
    ILogger<FullVerificationService> logger) : BackgroundService
{
    private readonly TroubleLog _trouble = new(logger, time);
    private FullVerification? _last;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Interval <= TimeSpan.Zero)
        {
            return;
        }

        metrics.ObserveVerification(() => _last is { } last ? (last.Problems, time.GetUtcNow() - last.EndedAt) : null);
        var startedAt = time.GetTimestamp();
        using PeriodicTimer timer = new(options.Value.LookInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryAsync(isEarly: time.GetElapsedTime(startedAt) < options.Value.FirstAfter, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    private async Task TryAsync(bool isEarly, CancellationToken cancellationToken)
    {
        try
        {
            _last = await results.FindLastAsync(cancellationToken) ?? _last;
            if (!isEarly && await TryClaimAsync(cancellationToken))
            {
                await VerifyAsync(cancellationToken);
            }

            _trouble.Over("The ledger is verified in the background again.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // An exception that left this service would stop the host, and nobody could verify the ledger any more.
            _trouble.Met(
                exception,
                "The ledger was not verified in the background; it is tried again.",
                "The ledger cannot be verified in the background. It is tried again.");
        }
    }

    private async Task<bool> TryClaimAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await results.TryClaimAsync(cancellationToken);
        }
        catch (StateTamperedException)
        {
            // Whoever changed the row must not thereby keep anybody from looking: this node goes by what it remembers.
            return _last is null || time.GetUtcNow() - _last.BeganAt >= options.Value.Interval;
        }
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var beganAt = time.GetUtcNow();
        logger.LogInformation("The whole ledger is being verified in the background.");
        try
        {
            var report = await verification.VerifyInBackgroundAsync(cancellationToken);
            _last = FullVerifications.Sum(report, beganAt, time.GetUtcNow(), results.Node);
            Tell(report, _last);
            await results.NoteAsync(report, _last, cancellationToken);
        }
        catch (Exception exception) when (exception is not StateTamperedException)
        {
            await results.ReleaseAsync(CancellationToken.None);
            throw;
        }
    }

    private void Tell(VerificationReport report, FullVerification found)
    {
        var took = TimeSpan.FromSeconds(Math.Round((found.EndedAt - found.BeganAt).TotalSeconds));
        if (report.Intact)
        {
            logger.LogInformation(
                "The whole ledger was verified and is intact: {Entries} entries and {Checkpoints} checkpoints in {Duration}.",
                report.Entries, report.Checkpoints, took);
            return;
        }

        logger.LogError(
            "The ledger is not intact: {Count} problems, the first of them in stream {Stream} at {Number}: {What} "
            + "Verify it with POST /api/v1/ledger/verify?full=true or silo check, which name them all.",
            report.Problems.Count, report.Problems[0].Stream ?? "(none)", report.Problems[0].Number ?? 0, report.Problems[0].What);
    }
}

/// <summary>When the whole ledger is verified in the background, and how fast.</summary>
public sealed class VerificationOptions
{
    /// <summary>How often, on all nodes together; zero for never.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long after its start a node does it at the earliest.</summary>
    public TimeSpan FirstAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a node looks whether it is due, and what the others found.</summary>
    public TimeSpan LookInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long it rests after each page, in times of what the page took.</summary>
    public double Rest { get; set; } = 3;
}
