using System.Collections.Concurrent;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodeSigning.Silo.Housekeeping;

/// <summary>Writes observations, removes expired rows and counts what metrics report of the store, in the background.</summary>
internal sealed class Housekeeper(
    Observations observations,
    ExpiredStates expiredStates,
    StoreCensus census,
    IHousekeepingWrites writes,
    TimeProvider time,
    IOptions<HousekeepingOptions> options,
    ILogger<Housekeeper> logger) : BackgroundService
{
    private const int AnswersAtOnce = 1000;

    /// <summary>Removes expired rows.</summary>
    public async Task PurgeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        while (await writes.PurgeAnswersAsync(now.ToUnixTimeMilliseconds() - AnswerStore.KeptMs, AnswersAtOnce, cancellationToken)
            == AnswersAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        foreach (var type in options.Value.PurgedTypes)
        {
            await expiredStates.PurgeAsync(new StateQuery(type, UntilBefore: now - options.Value.ExpiredStatesKept), cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var observing = NewWork();
        await Task.WhenAll(
            NewWork().RepeatAsync(options.Value.CensusInterval, census.CountAsync, stoppingToken, isDue: true),
            observing.RepeatAsync(options.Value.ObservationInterval, observations.FlushAsync, stoppingToken),
            NewWork().RepeatAsync(options.Value.PurgeInterval, PurgeAsync, stoppingToken));
        await observing.TryAsync(observations.FlushAsync, CancellationToken.None);
    }

    // The store may be unavailable; the next round repeats the work.
    private RepeatedWork NewWork() => new(
        logger,
        time,
        "Housekeeping works again.",
        "Housekeeping failed and will be retried.",
        "Housekeeping failed and will be retried: verify the ledger, since a row may have been changed outside the service.");
}

/// <summary>The intervals of housekeeping.</summary>
public sealed class HousekeepingOptions
{
    /// <summary>The interval at which observations are written.</summary>
    public TimeSpan ObservationInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The interval at which the store is counted for metrics.</summary>
    public TimeSpan CensusInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The interval at which expired rows are removed.</summary>
    public TimeSpan PurgeInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an expired state is kept.</summary>
    public TimeSpan ExpiredStatesKept { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The state types that are removed after their expiry (<see cref="StateIndex.Until"/>).</summary>
    public IList<string> PurgedTypes { get; } = [StateTypes.Session, StateTypes.SeenToken, StateTypes.TotpEnrolment, StateTypes.UsedValue, StateTypes.DeviceLogin];
}

/// <summary>Removes expired states through the ledger, without an entry.</summary>
internal sealed class ExpiredStates(IStateStore states, ILedger ledger, ILogger<ExpiredStates> logger)
{
    private const int AtOnce = 100;
    private const int MostTold = 10_000;

    // A tampered row stays and is found at every purge: log it once.
    private readonly ConcurrentDictionary<string, bool> _told = [];

    /// <summary>
    /// Removes all results of a query and returns their number. A row changed outside the service stays as evidence and
    /// does not prevent the removal of others.
    /// </summary>
    public async Task<int> PurgeAsync(StateQuery query, CancellationToken cancellationToken)
    {
        var removed = 0;
        var ended = query with { Limit = AtOnce };
        while (true)
        {
            try
            {
                var page = await states.ListAsync(ended, cancellationToken);
                removed += await RemoveAsync(page, cancellationToken);
                if (page.Count < ended.Limit)
                {
                    return removed;
                }

                ended = ended with { Before = page[^1].Id };
            }
            catch (StateTamperedException) when (ended.Limit > 1)
            {
                // The page contains a tampered row: read one row at a time up to that row.
                ended = ended with { Limit = 1 };
            }
            catch (StateTamperedException tampered)
            {
                if (_told.Count < MostTold && _told.TryAdd($"{query.Type}/{tampered.StateId}", true))
                {
                    logger.LogError(
                        "The expired {Type} {Id} was not removed because it was changed outside the service: verify the ledger",
                        query.Type, tampered.StateId);
                }

                ended = ended with { Before = tampered.StateId, Limit = AtOnce };
            }
        }
    }

    // A page is one commit. If a row changed concurrently the commit is refused, and each row is removed separately;
    // the next purge reads the changed row again.
    private async Task<int> RemoveAsync(IReadOnlyList<StoredState> page, CancellationToken cancellationToken)
    {
        if (page.Count == 0 || await TryRemoveAsync(page, cancellationToken))
        {
            return page.Count;
        }

        var removed = 0;
        foreach (var state in page)
        {
            if (await TryRemoveAsync([state], cancellationToken))
            {
                removed++;
            }
        }

        return removed;
    }

    private async Task<bool> TryRemoveAsync(IReadOnlyList<StoredState> some, CancellationToken cancellationToken)
    {
        var deletions = some.Select(state => new StateWrite(state.Type, state.Id, state.Version, Content: null, StateIndex.None));
        return await ledger.CommitAsync(new LedgerElement { Writes = [.. deletions] }, cancellationToken) is CommitOutcome.Committed;
    }
}

/// <summary>Writes that no decision reads: they need no entry and no version.</summary>
internal interface IHousekeepingWrites
{
    /// <summary>Adds to the stored counts and advances the last times.</summary>
    Task AddObservationsAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken);

    /// <summary>
    /// Removes at most <paramref name="limit"/> answers created before a time; returns the number removed.
    /// </summary>
    Task<int> PurgeAnswersAsync(long madeBeforeMs, int limit, CancellationToken cancellationToken);
}

/// <summary>Housekeeping on PostgreSQL, by functions of the schema's owner.</summary>
internal sealed class PostgreSqlHousekeepingWrites(PostgreSqlConnections connections) : IHousekeepingWrites
{
    public Task AddObservationsAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken) =>
        connections.CallAsync(
            "codesigning.add_observations($1, $2, $3, $4)",
            cancellationToken,
            new NpgsqlParameter { Value = observations.Select(o => o.Subject).ToArray() },
            new NpgsqlParameter { Value = observations.Select(o => o.What).ToArray() },
            new NpgsqlParameter { Value = observations.Select(o => o.LastAt.ToUnixTimeMilliseconds()).ToArray() },
            new NpgsqlParameter { Value = observations.Select(o => o.Count).ToArray() });

    public async Task<int> PurgeAnswersAsync(long madeBeforeMs, int limit, CancellationToken cancellationToken) =>
        (int)(await connections.CallAsync(
            "codesigning.purge_answers($1, $2)",
            cancellationToken,
            new NpgsqlParameter { Value = madeBeforeMs },
            new NpgsqlParameter { Value = limit }))!;
}

/// <summary>Housekeeping on SQLite, on the single writing connection.</summary>
internal sealed class SqliteHousekeepingWrites(SqliteWriteThread writer) : IHousekeepingWrites
{
    public Task AddObservationsAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements =>
        {
            foreach (var observation in observations)
            {
                statements.Execute(
                    """
                    INSERT INTO observations (subject, what, last_ms, count) VALUES (@a, @b, @c, @d)
                    ON CONFLICT (subject, what) DO UPDATE SET last_ms = max(last_ms, excluded.last_ms), count = count + excluded.count
                    """,
                    observation.Subject, observation.What, observation.LastAt.ToUnixTimeMilliseconds(), observation.Count);
            }

            return observations.Count;
        });

    public Task<int> PurgeAnswersAsync(long madeBeforeMs, int limit, CancellationToken cancellationToken) =>
        writer.WriteAsync(statements => statements.Execute(
            "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE made_ms < @a ORDER BY made_ms LIMIT @b)",
            madeBeforeMs, limit));
}
