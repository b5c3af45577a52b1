using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>
/// Checks the seal of every state, and that none is older than the version that the ledger tells of, or deleted: a seal
/// does not show that an earlier row was put back. What was deleted never comes again under the same id.
/// </summary>
internal sealed class StateVerifier(IReadConnections connections, IStateSealer sealer)
{
    private const int PageSize = 500;

    /// <summary>Checks all states.</summary>
    /// <returns>The states, as <c>type/id</c>, that the ledger tells of and the store does not have.</returns>
    public async Task<HashSet<string>> VerifyAsync(WrittenVersions written, ProblemList problems, CancellationToken cancellationToken)
    {
        HashSet<string> missing = [.. written.Versions.Where(v => v.Value > 0).Select(v => v.Key)];
        var (type, id) = ("", "");
        while (true)
        {
            var page = await connections.QueryAsync(
                "SELECT type, id, version, content, seal FROM states WHERE (type, id) > (@a, @b) ORDER BY type, id LIMIT @c",
                reader => new Row(
                    reader.GetString(0), reader.GetString(1), reader.GetInt64(2),
                    reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4)),
                cancellationToken, type, id, PageSize);
            foreach (var row in page)
            {
                missing.Remove(row.Name);
                Check(row, written, problems);
            }

            if (page.Count < PageSize)
                return missing;

            (type, id) = (page[^1].Type, page[^1].Id);
        }
    }

    private void Check(Row row, WrittenVersions written, ProblemList problems)
    {
        if (!sealer.Verify(row.Type, row.Id, row.Version, row.Content, row.Seal))
            problems.Add(null, null, $"The stored {row.Name} does not bear this cluster's seal: it was changed outside the service.");

        // States go on changing, but a version read now is at least the one that the entries read before tell of.
        if (!written.Versions.TryGetValue(row.Name, out var version))
            return;

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

    private sealed record Row(string Type, string Id, long Version, byte[] Content, byte[] Seal)
    {
        public string Name => $"{Type}/{Id}";
    }
}
