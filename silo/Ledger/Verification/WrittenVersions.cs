using System.Globalization;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>The last version of each state that the ledger tells of.</summary>
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
            // Streams are read one after the other, so the order of writes is that of versions; what was deleted is done with.
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
