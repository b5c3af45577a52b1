using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage.PostgreSql;
using Npgsql;

namespace CodeSigning.Silo.Storage.Housekeeping;

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
