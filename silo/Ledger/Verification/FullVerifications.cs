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
/// The results of full verifications and the claim on the next one, in one sealed row shared by the nodes. An older row
/// put back in the database only brings the next verification forward.
/// </summary>
public sealed class FullVerifications(
    IStateStore states, ILedger ledger, TimeProvider time, IOptions<VerificationOptions> options, IOptions<LedgerOptions> node)
{
    private const string RowId = "full";
    private const int ProblemsTold = 10;

    /// <summary>This node's name.</summary>
    internal string Node => node.Value.Node;

    /// <summary>The last result; null if there is none or the row was changed outside the service.</summary>
    public async Task<FullVerification?> FindLastAsync(CancellationToken cancellationToken) =>
        (await ReadOrForgetAsync(cancellationToken)).State.Last;

    internal static FullVerification Sum(VerificationReport report, DateTimeOffset beganAt, DateTimeOffset endedAt, string node) => new(
        beganAt, endedAt, node, report.Intact, report.Entries, report.Checkpoints, report.Problems.Count,
        report.Intact ? null : Fingerprint(report.Problems));

    /// <summary>Claims the next verification for this node, if it is due and no other node has claimed it.</summary>
    /// <exception cref="StateTamperedException">The row was changed outside the service.</exception>
    internal async Task<bool> TryClaimAsync(CancellationToken cancellationToken)
    {
        var (version, state) = await ReadAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (state.ClaimedUntil > now || state.Last?.BeganAt + options.Value.Interval > now)
        {
            return false;
        }

        // The claim of a node that died blocks the others for half of the interval.
        return await SaveAsync(
            version, state with { ClaimedBy = Node, ClaimedUntil = now + (options.Value.Interval / 2) }, null, cancellationToken);
    }

    /// <summary>Releases the claim if the store is available; otherwise it expires.</summary>
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
            // Other work logs that the store is unavailable.
        }
    }

    /// <summary>Stores a result. New problems are also recorded as an entry, which raises a notification event.</summary>
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

    // A tampered row cannot be replaced: it stays as evidence, and the entry is written each time.
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

/// <summary>The stored row: the last result and the claim on the next verification.</summary>
internal sealed record FullVerificationState
{
    public FullVerification? Last { get; init; }

    public string? ClaimedBy { get; init; }

    public DateTimeOffset? ClaimedUntil { get; init; }
}

/// <summary>The result of a verification of the whole ledger and of every state.</summary>
/// <param name="BeganAt">When it began (UTC).</param>
/// <param name="EndedAt">When it ended (UTC).</param>
/// <param name="Node">The node that ran it.</param>
/// <param name="Intact">Whether no problem was found.</param>
/// <param name="Entries">The number of entries verified.</param>
/// <param name="Checkpoints">The number of checkpoints verified.</param>
/// <param name="Problems">The number of problems found, at most <see cref="ProblemList.Limit"/>.</param>
/// <param name="Problem">A fingerprint of the problems, so that the same ones are reported once; null if intact.</param>
public sealed record FullVerification(
    DateTimeOffset BeganAt, DateTimeOffset EndedAt, string Node, bool Intact, long Entries, long Checkpoints, int Problems,
    string? Problem = null);

/// <summary>Verifies the whole ledger on a schedule, on one of the nodes.</summary>
internal sealed class FullVerificationService(
    ILedgerVerification verification,
    FullVerifications results,
    LedgerMetrics metrics,
    TimeProvider time,
    IOptions<VerificationOptions> options,
    ILogger<FullVerificationService> logger) : BackgroundService
{
    private readonly RepeatedWork _work = new(
        logger,
        time,
        "The background verification of the ledger works again.",
        "The background verification of the ledger failed and will be retried.",
        "The background verification of the ledger failed and will be retried.");

    private FullVerification? _last;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Interval <= TimeSpan.Zero)
        {
            return;
        }

        metrics.ObserveVerification(() => _last is { } last ? (last.Problems, time.GetUtcNow() - last.EndedAt) : null);
        var startedAt = time.GetTimestamp();
        await _work.RepeatAsync(
            options.Value.LookInterval,
            cancellationToken => LookAsync(isEarly: time.GetElapsedTime(startedAt) < options.Value.FirstAfter, cancellationToken),
            stoppingToken);
    }

    private async Task LookAsync(bool isEarly, CancellationToken cancellationToken)
    {
        _last = await results.FindLastAsync(cancellationToken) ?? _last;
        if (!isEarly && await TryClaimAsync(cancellationToken))
        {
            await VerifyAsync(cancellationToken);
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
            // A tampered row must not prevent verification: this node uses the result in its memory.
            return _last is null || time.GetUtcNow() - _last.BeganAt >= options.Value.Interval;
        }
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var beganAt = time.GetUtcNow();
        logger.LogInformation("The background verification of the whole ledger has started");
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

/// <summary>The schedule and pace of background verification.</summary>
public sealed class VerificationOptions
{
    /// <summary>The interval across all nodes; zero for never.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The minimum time after a node's start.</summary>
    public TimeSpan FirstAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The interval at which a node checks whether a verification is due and reads the others' results.</summary>
    public TimeSpan LookInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The pause after each page, as a multiple of the time that the page took.</summary>
    public double Rest { get; set; } = 3;
}
