using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>
/// Verifies of every state: its seal; that its unsealed columns and links match its content; that it is not older than
/// the version in the ledger, nor deleted without an entry, since a seal does not reveal a restored earlier row; and
/// that no grant was used more often than its sealed count. Deleted ids are never reused.
/// </summary>
internal sealed class StateVerifier(IReadConnections connections, IStateSealer sealer, IEnumerable<StateKind> kinds)
{
    private const int PageSize = 500;

    private readonly Dictionary<string, StateKind> _kinds = kinds.ToDictionary(kind => kind.Type, StringComparer.Ordinal);

    /// <summary>Verifies all states.</summary>
    /// <param name="written">The versions according to the ledger, read before.</param>
    /// <param name="uses">The uses of each grant according to the ledger, read before.</param>
    /// <param name="problems">Receives the problems.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The states, as <c>type/id</c>, that are in the ledger but not in the store.</returns>
    public async Task<HashSet<string>> VerifyAsync(
        WrittenVersions written, IReadOnlyDictionary<string, long> uses, ProblemList problems, CancellationToken cancellationToken)
    {
        HashSet<string> missing = [.. written.Versions.Where(v => v.Value > 0).Select(v => v.Key)];
        HashSet<string> uncounted = [.. uses.Keys];
        var (type, id) = ("", "");
        while (true)
        {
            var page = await ReadPageAsync(type, id, cancellationToken);
            foreach (var row in page)
            {
                Check(row, written, problems);
                missing.Remove(row.Name);
                if (row.Type == StateTypes.UseCount && uncounted.Remove(row.Id))
                {
                    CheckCount(row, uses[row.Id], problems);
                }
            }

            if (page.Count < PageSize)
            {
                break;
            }

            (type, id) = (page[^1].Type, page[^1].Id);
        }

        foreach (var grant in uncounted.Order(StringComparer.Ordinal))
        {
            problems.Add(null, null, $"The sealed count of the uses of grant {grant} is missing.");
        }

        return missing;
    }

    // One statement, so that a row and its links are consistent.
    private async Task<List<Row>> ReadPageAsync(string afterType, string afterId, CancellationToken cancellationToken)
    {
        var found = await connections.QueryAsync(
            """
            WITH page AS MATERIALIZED (SELECT type, id FROM states WHERE (type, id) > (@a, @b) ORDER BY type, id LIMIT @c)
            SELECT 0 AS is_link, s.type, s.id, s.content, s.parent, s.status, s.version, s.seal, s.name, s.until_ms
                FROM page CROSS JOIN states s WHERE s.type = page.type AND s.id = page.id
            UNION ALL
            SELECT 1 AS is_link, l.type, l.id, l.link, l.parent, l.status, NULL, NULL, NULL, NULL
                FROM page CROSS JOIN state_links l WHERE l.type = page.type AND l.id = page.id
            """,
            reader => reader.GetInt32(0) == 0 ? new Found(ReadRow(reader), null) : new Found(null, ReadLink(reader)),
            cancellationToken, afterType, afterId, PageSize);
        var links = found.Select(one => one.Link).OfType<Link>().ToLookup(link => link.Name);
        return
        [
            .. found.Select(one => one.Row).OfType<Row>()
                .OrderBy(row => row.Type, StringComparer.Ordinal).ThenBy(row => row.Id, StringComparer.Ordinal)
                .Select(row => row with { Links = [.. links[row.Name]] }),
        ];
    }

    private static Row ReadRow(DbDataReader reader) => new(
        reader.GetString(1), reader.GetString(2), reader.GetInt64(6), reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(7),
        new StateColumns(reader.GetText(8), reader.GetText(4), reader.GetText(5), reader.IsDBNull(9) ? null : reader.GetInt64(9)));

    private static Link ReadLink(DbDataReader reader) => new(
        $"{reader.GetString(1)}/{reader.GetString(2)}", reader.GetString(3), reader.GetText(4), reader.GetText(5));

    private void Check(Row row, WrittenVersions written, ProblemList problems)
    {
        if (!sealer.Verify(row.Type, row.Id, row.Version, row.Content, row.Seal))
        {
            problems.Add(null, null, $"The stored {row.Name} does not bear this cluster's seal: it was changed outside the service.");
        }
        else if (_kinds.TryGetValue(row.Type, out var kind))
        {
            CheckColumns(row, kind, problems);
        }

        CheckVersion(row, written, problems);
    }

    private static void CheckColumns(Row row, StateKind kind, ProblemList problems)
    {
        StateIndex index;
        try
        {
            index = kind.ReadIndex(row.Content);
        }
        catch (JsonException)
        {
            problems.Add(null, null, $"The stored {row.Name} is sealed and cannot be read: another release of the service wrote it.");
            return;
        }

        if (row.Columns != StateColumns.Of(index))
        {
            problems.Add(null, null, $"A column of the stored {row.Name} was changed: it does not say what the content says.");
        }

        var links = index.Links.IsDefault ? [] : index.Links;
        if (!row.Links.SetEquals(links.Select(link => new Link(row.Name, link, index.Parent, index.Status))))
        {
            problems.Add(null, null, $"The links of the stored {row.Name} were changed: lists do not find it where they should.");
        }
    }

    private static void CheckVersion(Row row, WrittenVersions written, ProblemList problems)
    {
        // States keep changing, but a version read now is at least the one in the entries read before.
        if (!written.Versions.TryGetValue(row.Name, out var version))
        {
            return;
        }

        if (version == 0)
        {
            problems.Add(null, null, $"The stored {row.Name} was deleted, as the ledger tells: an old row was put back.");
        }
        else if (row.Version < version)
        {
            problems.Add(
                null, null, $"The stored {row.Name} has version {row.Version}; the ledger tells of version {version}: an old row was put back.");
        }
    }

    private static void CheckCount(Row row, long used, ProblemList problems)
    {
        if (StateJson.Read<UseCountState>(row.Content).Count is var count && count < used)
        {
            problems.Add(null, null, $"The sealed count of grant {row.Id} stands at {count}; the ledger tells of {used} uses: an old row was put back.");
        }
    }

    private sealed record Row(string Type, string Id, long Version, byte[] Content, byte[] Seal, StateColumns Columns)
    {
        public string Name => $"{Type}/{Id}";

        public ImmutableHashSet<Link> Links { get; init; } = [];
    }

    private sealed record Link(string Name, string Value, string? Parent, string? Status);

    private sealed record Found(Row? Row, Link? Link);
}

/// <summary>The last version of each state according to the ledger.</summary>
internal sealed class WrittenVersions
{
    private readonly Dictionary<string, long> _versions = [];

    /// <summary>The states, as <c>type/id</c>, with their last versions.</summary>
    public IReadOnlyDictionary<string, long> Versions => _versions;

    public void Add(ParsedEntry entry)
    {
        foreach (var write in entry.Writes)
        {
            var at = write.LastIndexOf('@');
            if (at < 0 || !long.TryParse(write.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            {
                continue;
            }

            var state = write[..at];
            // Streams are read one after the other, so writes are ordered by version; a deletion is final.
            if (version == 0)
            {
                _versions[state] = 0;
            }
            else if (!_versions.TryGetValue(state, out var known) || (known > 0 && version > known))
            {
                _versions[state] = version;
            }
        }
    }
}
