using CodeSigning.Grains.States;
using CodeSigning.Silo.Storage;

namespace CodeSigning.Silo.Housekeeping;

/// <summary>Collects observations in memory, one row per subject, until they are written in bulk.</summary>
internal sealed class Observations(IReadConnections connections, IHousekeepingWrites writes, TimeProvider time) : IObservations
{
    private const int MaxWaiting = 10_000;
    private const int SubjectsAtOnce = 200;

    private readonly Lock _gate = new();
    private Dictionary<(string Subject, string What), (DateTimeOffset LastAt, long Count)> _waiting = [];

    public void Note(string subject, string what)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var key = (subject, what);
            if (_waiting.TryGetValue(key, out var known))
            {
                _waiting[key] = (now, known.Count + 1);
            }
            else if (_waiting.Count < MaxWaiting)
            {
                _waiting.Add(key, (now, 1));
            }
        }
    }

    public async Task<IReadOnlyList<Observation>> ReadAsync(
        IReadOnlyCollection<string> subjects, CancellationToken cancellationToken)
    {
        List<Observation> found = [];
        foreach (var some in subjects.Distinct().Chunk(SubjectsAtOnce))
        {
            var names = string.Join(", ", Enumerable.Range(0, some.Length).Select(DatabaseReads.ParameterName));
            found.AddRange(await connections.QueryAsync(
                $"SELECT subject, what, last_ms, count FROM observations WHERE subject IN ({names})",
                reader => new Observation(
                    reader.GetString(0), reader.GetString(1), LedgerTime.ToTime(reader.GetInt64(2)), reader.GetInt64(3)),
                cancellationToken, [.. some]));
        }

        return found;
    }

    /// <summary>Writes the pending observations; on failure keeps them as far as there is room.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        Dictionary<(string Subject, string What), (DateTimeOffset LastAt, long Count)> taken;
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                return;
            }

            taken = _waiting;
            _waiting = [];
        }

        try
        {
            await writes.AddObservationsAsync(
                [.. taken.Select(o => new Observation(o.Key.Subject, o.Key.What, o.Value.LastAt, o.Value.Count))], cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            PutBack(taken);
            throw;
        }
    }

    private void PutBack(Dictionary<(string Subject, string What), (DateTimeOffset LastAt, long Count)> taken)
    {
        lock (_gate)
        {
            foreach (var (key, older) in taken)
            {
                if (_waiting.TryGetValue(key, out var newer))
                {
                    _waiting[key] = (newer.LastAt, newer.Count + older.Count);
                }
                else if (_waiting.Count < MaxWaiting)
                {
                    _waiting.Add(key, older);
                }
            }
        }
    }
}
