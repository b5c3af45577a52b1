namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>Verifies that the uses of each grant are numbered from 1 without gaps or duplicates.</summary>
internal sealed class GrantUseVerifier(ProblemList problems)
{
    private readonly Dictionary<string, long> _verified = [];
    private readonly Dictionary<string, List<(long Use, string Stream, long Number)>> _seen = [];

    /// <summary>The last use of each grant that was seen, as of the last <see cref="Finish"/>.</summary>
    public IReadOnlyDictionary<string, long> Verified => _verified;

    public void Add(ParsedEntry entry)
    {
        if (entry.Use is not { } use)
        {
            return;
        }

        if (entry.GrantId is not { } grant)
        {
            problems.Add(entry.Stream, entry.Number, "The entry takes a use and names no grant.");
            return;
        }

        if (!_seen.TryGetValue(grant, out var uses))
        {
            _seen.Add(grant, uses = []);
        }

        uses.Add((use, entry.Stream, entry.Number));
    }

    /// <summary>Goes on after an archived use that the store keeps: those before it lie in the archive.</summary>
    public void ContinueAfter(ParsedEntry entry)
    {
        if (entry is { Use: { } use, GrantId: { } grant })
        {
            _verified[grant] = Math.Max(use, _verified.GetValueOrDefault(grant));
        }
    }

    /// <summary>
    /// Verifies the uses seen since the last call. Entries arrive by stream, so only all of them together show a gap.
    /// </summary>
    /// <param name="isPart">
    /// Whether the entries are a part of the ledger, in which uses may begin anywhere and have gaps.
    /// </param>
    public void Finish(bool isPart)
    {
        foreach (var (grant, uses) in _seen)
        {
            uses.Sort();
            var last = isPart ? uses[0].Use - 1 : _verified.GetValueOrDefault(grant);
            foreach (var (use, stream, number) in uses)
            {
                if (use <= last)
                {
                    problems.Add(stream, number, $"Use {use} of grant {grant} is there twice.");
                }
                else if (use != last + 1 && !isPart)
                {
                    problems.Add(stream, number, $"Before use {use} of grant {grant}, use {last + 1} is missing.");
                }

                last = use;
            }

            _verified[grant] = last;
        }

        _seen.Clear();
    }
}
