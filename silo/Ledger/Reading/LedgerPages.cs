using System.Data.Common;
using System.Runtime.CompilerServices;
using CodeSigning.Ledger;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Reading;

/// <summary>
/// Reads the ledger in pages by key. Entries never change, so pages read up to previously read ends are consistent
/// without a long transaction.
/// </summary>
internal sealed class LedgerPages(IReadConnections connections)
{
    private const int PageSize = 500;

    private const string Range = "stream = @a AND number >= @b AND number <= @c";

    private static readonly string NotDone = $"outcome <> '{EntryWords.Of(EntryOutcome.Success)}'";

    /// <summary>The first administrative entries of a stream in a range. The word is in the text, as in the condition of the index.</summary>
    internal static readonly string AdministrationSql =
        $"SELECT number, json FROM ledger_entries WHERE {Range} AND kind = '{EntryWords.Of(EntryKind.Admin)}' ORDER BY number LIMIT @d";

    /// <summary>The first denials of a stream in a range; the index is of all that was not done.</summary>
    internal static readonly string DenialsSql =
        $"""
        SELECT number, json FROM ledger_entries
        WHERE {Range} AND {NotDone} AND outcome = '{EntryWords.Of(EntryOutcome.Denied)}' ORDER BY number LIMIT @d
        """;

    /// <summary>The attempts of a stream in a range that signed nothing, one by one.</summary>
    internal static readonly string RefusalsSql =
        $"""
        SELECT at_ms, signer_id, outcome, json, 1 FROM ledger_entries
        WHERE {Range} AND {NotDone} AND kind = '{EntryWords.Of(EntryKind.Sign)}'
        """;

    /// <summary>The ends of all streams with entries, at one moment.</summary>
    public Task<List<StreamEnd>> ReadEndsAsync(CancellationToken cancellationToken) => connections.QueryAsync(
        "SELECT id, number, hash, closed_ms FROM ledger_streams WHERE number > 0 ORDER BY id", MapEnd, cancellationToken);

    /// <summary>The ends of streams that no checkpoint lists as closed yet.</summary>
    /// <param name="own">A stream to include while it is open, even if its row is marked as settled.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<List<StreamEnd>> ReadUnsettledEndsAsync(string? own, CancellationToken cancellationToken) => connections.QueryAsync(
        """
        SELECT id, number, hash, closed_ms FROM ledger_streams
        WHERE (settled = 0 OR (id = @a AND closed_ms IS NULL)) AND number > 0 ORDER BY id
        """,
        MapEnd, cancellationToken, own ?? "");

    /// <summary>Every stream with entries, even without a row of its own.</summary>
    public async IAsyncEnumerable<string> ReadStreamsOfEntriesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = "";
        while (true)
        {
            var next = await connections.QueryAsync(
                "SELECT min(stream) FROM ledger_entries WHERE stream > @a", reader => reader.GetText(0), cancellationToken, stream);
            if (next is not [{ } found])
            {
                yield break;
            }

            yield return stream = found;
        }
    }

    /// <summary>The numbers of up to ten entries of a stream outside the range of its row.</summary>
    public Task<List<long>> ReadStrayEntriesAsync(string stream, CancellationToken cancellationToken) => connections.QueryAsync(
        """
        SELECT number FROM (
            SELECT number FROM ledger_entries
                WHERE stream = @a AND number > coalesce((SELECT number FROM ledger_streams WHERE id = @a), 0)
            UNION ALL
            SELECT number FROM ledger_entries WHERE stream = @a AND number < 1) AS stray
        ORDER BY number LIMIT 10
        """,
        reader => reader.GetInt64(0), cancellationToken, stream);

    /// <summary>The last checkpoint; null if there is none.</summary>
    public async Task<(long Number, string Text)?> ReadLastCheckpointAsync(CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT number, json FROM ledger_checkpoints ORDER BY number DESC LIMIT 1",
            reader => (reader.GetInt64(0), reader.GetString(1)), cancellationToken);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>The checkpoints from one number to another, both included.</summary>
    public IAsyncEnumerable<(long Number, byte[] Text)> ReadCheckpointsAsync(long first, long last, CancellationToken cancellationToken) =>
        PageAsync(
            after => connections.QueryAsync(
                "SELECT number, json FROM ledger_checkpoints WHERE number > @a AND number <= @b ORDER BY number LIMIT @c",
                reader => (Number: reader.GetInt64(0), Text: reader.GetFieldValue<byte[]>(1)),
                cancellationToken, after, last, PageSize),
            row => row.Number,
            first - 1);

    /// <summary>The entries of a stream from one number to another, both included.</summary>
    public IAsyncEnumerable<EntryRow> ReadEntriesAsync(string stream, long first, long last, CancellationToken cancellationToken) =>
        PageAsync(
            after => connections.QueryAsync(
                """
                SELECT number, operation_id, at_ms, kind, outcome, signer_id, actor_id, grant_id, use, json
                FROM ledger_entries WHERE stream = @a AND number > @b AND number <= @c ORDER BY number LIMIT @d
                """,
                EntryRow.Map, cancellationToken, stream, after, last, PageSize),
            row => row.Number,
            first - 1);

    /// <summary>The attempts to sign of a stream from one number to another, both included: signatures by signer and day, refusals one by one.</summary>
    public async Task<List<AttemptRow>> ReadAttemptsAsync(string stream, long first, long last, CancellationToken cancellationToken) =>
    [
        .. await connections.QueryAsync(
            $"""
            SELECT min(at_ms), signer_id, outcome, NULL, count(*) FROM ledger_entries
            WHERE {Range} AND kind = '{EntryWords.Of(EntryKind.Sign)}' AND outcome = '{EntryWords.Of(EntryOutcome.Success)}'
            GROUP BY at_ms / 86400000, signer_id, outcome
            """,
            AttemptRow.Map, cancellationToken, stream, first, last),
        .. await connections.QueryAsync(RefusalsSql, AttemptRow.Map, cancellationToken, stream, first, last),
    ];

    /// <summary>
    /// The first administrative entries of a stream in a range of numbers, both included. Signing entries, which are
    /// nearly all, are skipped by the index.
    /// </summary>
    public Task<List<(long Number, byte[] Text)>> ReadAdministrationAsync(
        string stream, long first, long last, int limit, CancellationToken cancellationToken) =>
        ReadSomeAsync(AdministrationSql, stream, first, last, limit, cancellationToken);

    /// <summary>The first denials of a stream in a range of numbers, both included. All that was done is skipped by the index.</summary>
    public Task<List<(long Number, byte[] Text)>> ReadDenialsAsync(
        string stream, long first, long last, int limit, CancellationToken cancellationToken) =>
        ReadSomeAsync(DenialsSql, stream, first, last, limit, cancellationToken);

    /// <summary>The signed heads of a stream from one number to another, both included; a closing head comes last.</summary>
    public IAsyncEnumerable<(long Number, byte[] Text)> ReadHeadsAsync(
        string stream, long first, long last, CancellationToken cancellationToken) =>
        PageAsync(
            after => connections.QueryAsync(
                $"""
                SELECT number * 2 + closing, number, json FROM ledger_heads
                WHERE {Range} AND (number * 2 + closing) > @d ORDER BY number, closing LIMIT @e
                """,
                reader => (Key: reader.GetInt64(0), Number: reader.GetInt64(1), Text: reader.GetFieldValue<byte[]>(2)),
                cancellationToken, stream, Math.Max(first, after / 2), last, after, PageSize),
            row => row.Key,
            (first * 2) - 1)
        .Select(row => (row.Number, row.Text));

    /// <summary>
    /// The number of the first entry of a stream at a time or later; one more than the last if there is none.
    /// </summary>
    public Task<long> FindFirstEntryAsync(string stream, long first, long last, long atMs, CancellationToken cancellationToken) =>
        FindFirstAsync(
            first,
            last,
            async number => (await connections.QueryAsync(
                "SELECT at_ms FROM ledger_entries WHERE stream = @a AND number = @b",
                reader => reader.GetInt64(0), cancellationToken, stream, number)).FirstOrDefault(long.MaxValue) >= atMs);

    /// <summary>The number of the first checkpoint at a time or later; one more than the last if there is none.</summary>
    public Task<long> FindFirstCheckpointAsync(long first, long last, string at, CancellationToken cancellationToken) =>
        FindFirstAsync(
            first,
            last,
            async number => (await connections.QueryAsync(
                "SELECT json FROM ledger_checkpoints WHERE number = @a",
                reader => string.CompareOrdinal(CheckpointText.At(reader.GetFieldValue<byte[]>(0)), at) >= 0,
                cancellationToken, number)).FirstOrDefault(true));

    /// <summary>The number of the first signed head at an entry or later, which is the end of the entry's batch.</summary>
    public async Task<long?> FindHeadAsync(string stream, long number, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT number FROM ledger_heads WHERE stream = @a AND number >= @b ORDER BY number LIMIT 1",
            reader => reader.GetInt64(0), cancellationToken, stream, number);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>The stated hash of an entry, lower-case hex; zeros if it does not exist.</summary>
    public async Task<string> ReadHashAsync(string stream, long number, CancellationToken cancellationToken)
    {
        var rows = await connections.QueryAsync(
            "SELECT json FROM ledger_entries WHERE stream = @a AND number = @b",
            reader => reader.GetFieldValue<byte[]>(0), cancellationToken, stream, number);
        return rows.Count == 1 && EntryText.TryGetStatedHash(rows[0], out var hash)
            ? System.Text.Encoding.ASCII.GetString(hash)
            : CheckpointText.NoPrevious;
    }

    private Task<List<(long Number, byte[] Text)>> ReadSomeAsync(
        string sql, string stream, long first, long last, int limit, CancellationToken cancellationToken) =>
        connections.QueryAsync(
            sql, reader => (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)), cancellationToken, stream, first, last, limit);

    // Times increase with numbers, which allows a binary search.
    private static async Task<long> FindFirstAsync(long first, long last, Func<long, Task<bool>> isAtOrAfter)
    {
        var (low, high) = (first, last + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (await isAtOrAfter(middle))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private static async IAsyncEnumerable<T> PageAsync<T>(Func<long, Task<List<T>>> readAfter, Func<T, long> key, long after)
    {
        while (true)
        {
            var page = await readAfter(after);
            foreach (var row in page)
            {
                yield return row;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            after = key(page[^1]);
        }
    }

    private static StreamEnd MapEnd(System.Data.Common.DbDataReader reader) => new(
        reader.GetString(0),
        reader.GetInt64(1),
        Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(2)),
        IsClosed: !reader.IsDBNull(3));
}

/// <summary>A row of an entry: its text and its index columns.</summary>
internal sealed record EntryRow(
    long Number, string OperationId, long AtMs, string Kind, string Outcome, string? SignerId, string ActorId, string? GrantId,
    long? Use, byte[] Text)
{
    public static EntryRow Map(DbDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetString(1),
        reader.GetInt64(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.GetText(5),
        reader.GetString(6),
        reader.GetText(7),
        reader.IsDBNull(8) ? null : reader.GetInt64(8),
        reader.GetFieldValue<byte[]>(9));
}

/// <summary>What counts of attempts to sign.</summary>
/// <param name="AtMs">The time of the first.</param>
/// <param name="SignerId">The signer; null if the entry names none.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Text">The entry's text, unless it is a signature's: a refusal may stand for several.</param>
/// <param name="Entries">How many entries they are, all of one day.</param>
internal readonly record struct AttemptRow(long AtMs, string? SignerId, EntryOutcome Outcome, string? Text, long Entries)
{
    public static AttemptRow Map(DbDataReader reader) =>
        new(reader.GetInt64(0), reader.GetText(1), EntryWords.OutcomeOf(reader.GetString(2)), reader.GetText(3), reader.GetInt64(4));
}
