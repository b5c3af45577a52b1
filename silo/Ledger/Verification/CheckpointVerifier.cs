using System.Text;
using System.Text.Json;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>
/// Verifies the chain of checkpoints and keeps the entries that they list, for comparison with the streams.
/// </summary>
internal sealed class CheckpointVerifier(VerificationKeys keys, ProblemList problems)
{
    private readonly Dictionary<string, Dictionary<long, string>> _named = [];
    private readonly Dictionary<string, StreamEnd> _open = [];
    private readonly HashSet<string> _closed = [];
    private bool _isFollowing;

    /// <summary>The number of checkpoints seen.</summary>
    public long Count { get; private set; }

    /// <summary>The number of the last one; 0 before the first.</summary>
    public long Number { get; private set; }

    /// <summary>The last one's hash; null if unknown, as at the beginning of a part.</summary>
    public string? Hash { get; private set; } = CheckpointText.NoPrevious;

    /// <summary>The end of an open stream according to the last checkpoint; null if it lists none.</summary>
    public StreamEnd? OpenEndOf(string stream) => _open.GetValueOrDefault(stream);

    /// <summary>Whether a checkpoint lists the stream as closed.</summary>
    public bool IsSettled(string stream) => _closed.Contains(stream);

    /// <summary>The streams listed by checkpoints.</summary>
    public IEnumerable<string> Streams => _named.Keys;

    /// <summary>Begins at a later checkpoint than the first, without those before it.</summary>
    public void BeginAt(long number) => (Number, Hash) = (number - 1, number == 1 ? Hash : null);

    /// <summary>Continues after a checkpoint that lies, with those before it, in an archive.</summary>
    public void ContinueAfter(long number, string hash)
    {
        (Number, Hash, _isFollowing) = (number, hash, false);
        _open.Clear();
    }

    /// <summary>Verifies the next checkpoint of the chain.</summary>
    public void Add(ReadOnlyMemory<byte> text)
    {
        Count++;
        if (Read(text) is not var (number, previousHash, heads))
        {
            Number++;
            Hash = null;
            return;
        }

        if (number != Number + 1)
        {
            problems.Add(null, number, $"Checkpoint {number} stands where checkpoint {Number + 1} is expected.");
        }
        else if (Hash is not null && previousHash != Hash)
        {
            problems.Add(null, number, $"Checkpoint {number} does not follow checkpoint {Number}: one of the two was changed or replaced.");
        }

        FollowStreams(number, heads, isFirst: Hash is null || !_isFollowing);
        _isFollowing = true;
        Remember(heads);
        Number = number;
        Hash = CheckpointText.Hash(Encoding.UTF8.GetString(text.Span));
    }

    /// <summary>Verifies a checkpoint kept elsewhere, on its own.</summary>
    /// <returns>Its number; null if it is malformed.</returns>
    public long? AddKept(ReadOnlyMemory<byte> text)
    {
        if (Read(text) is not var (number, _, heads))
        {
            return null;
        }

        Remember(heads);
        return number;
    }

    /// <summary>Compares an entry with the checkpoints that list it.</summary>
    public void Check(ParsedEntry entry)
    {
        if (_named.TryGetValue(entry.Stream, out var named) && named.TryGetValue(entry.Number, out var hash) && hash != entry.StatedHash)
        {
            problems.Add(entry.Stream, entry.Number, "The entry is not the one that a checkpoint names: it, or one before it, was changed.");
        }
    }

    /// <summary>The entries of a stream up to a number that checkpoints list, with their hashes.</summary>
    public IEnumerable<KeyValuePair<long, string>> NamedUpTo(string stream, long number) =>
        _named.TryGetValue(stream, out var named) ? named.Where(entry => entry.Key <= number) : [];

    /// <summary>Compares a stream's end with the checkpoints that list it.</summary>
    public void CheckEnd(string stream, long number)
    {
        if (!_named.TryGetValue(stream, out var named) || named.Count == 0)
        {
            return;
        }

        var last = named.Keys.Max();
        if (last > number)
        {
            problems.Add(stream, number + 1, $"The stream was cut off: it ends at entry {number}, and a checkpoint names entry {last}.");
        }
    }

    /// <summary>Discards the compared entries; keeps the state of the chain and the streams.</summary>
    public void ForgetChecked() => _named.Clear();

    private (long Number, string PreviousHash, List<StreamEnd> Heads)? Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            var number = root.GetProperty("number").GetInt64();
            if (keys.FindFault(text.Span, root) is { } fault)
            {
                problems.Add(null, number, $"Checkpoint {number} {fault}.");
                return null;
            }

            return (number, root.GetProperty("previousHash").GetString()!, ParsedHeads.ReadAll(root));
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            problems.Add(null, Number + 1, "A checkpoint is not in the form of the ledger: it was changed.");
            return null;
        }
    }

    // Every checkpoint lists a stream from its first entry on, until one lists it as closed.
    private void FollowStreams(long number, List<StreamEnd> heads, bool isFirst)
    {
        var named = heads.Select(head => head.Stream).ToHashSet();
        foreach (var stream in _open.Keys.Where(stream => !isFirst && !named.Contains(stream)).ToList())
        {
            problems.Add(stream, _open[stream].Number, $"Checkpoint {number} does not name the stream, which was not closed.");
            _open.Remove(stream);
        }

        foreach (var head in heads)
        {
            if (_open.TryGetValue(head.Stream, out var before) && head.Number < before.Number)
            {
                problems.Add(head.Stream, head.Number, $"Checkpoint {number} names an earlier end of the stream than the checkpoint before it.");
            }

            if (_closed.Contains(head.Stream))
            {
                problems.Add(head.Stream, head.Number, $"Checkpoint {number} names the stream again, which was closed.");
            }

            if (head.IsClosed)
            {
                _ = _open.Remove(head.Stream) | _closed.Add(head.Stream);
            }
            else
            {
                _open[head.Stream] = head;
            }
        }
    }

    private void Remember(List<StreamEnd> heads)
    {
        foreach (var head in heads)
        {
            if (!_named.TryGetValue(head.Stream, out var named))
            {
                _named.Add(head.Stream, named = []);
            }

            if (!named.TryAdd(head.Number, head.Hash) && named[head.Number] != head.Hash)
            {
                problems.Add(head.Stream, head.Number, "Two checkpoints name different entries of this number.");
            }
        }
    }
}
