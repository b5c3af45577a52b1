using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using CodeSigning.Silo.Ledger.Entries;

namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>
/// Verifies an export with the public key and any checkpoints kept elsewhere. It reads the export once, line by line.
/// Truncation after the last kept checkpoint cannot be detected.
/// </summary>
public sealed class LedgerVerifier
{
    private readonly VerificationKeys _keys;
    private readonly ProblemList _problems = new();
    private readonly CheckpointVerifier _checkpoints;
    private readonly GrantUseVerifier _uses;
    private readonly Dictionary<long, byte[]> _kept = [];
    private readonly Dictionary<string, StreamEnd> _ends = [];
    private readonly HashSet<string> _finished = [];
    private StreamVerifier? _stream;
    private (long First, long Last) _checkpointRange = (1, 0);
    private string? _part;
    private bool _hasFirstLine;
    private long _entries;
    private long _lines;

    private LedgerVerifier(VerificationKeys keys)
    {
        _keys = keys;
        _checkpoints = new CheckpointVerifier(keys, _problems);
        _uses = new GrantUseVerifier(_problems);
    }

    /// <summary>Verifies an export.</summary>
    /// <param name="export">The export, from its beginning.</param>
    /// <param name="keys">The public keys.</param>
    /// <param name="keptCheckpoints">Checkpoints kept elsewhere, each as its exact text.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<VerificationReport> VerifyAsync(
        Stream export, VerificationKeys keys, IEnumerable<ReadOnlyMemory<byte>> keptCheckpoints, CancellationToken cancellationToken)
    {
        LedgerVerifier verifier = new(keys);
        foreach (var checkpoint in keptCheckpoints)
        {
            verifier.Keep(checkpoint);
        }

        var reader = PipeReader.Create(export, new StreamPipeReaderOptions(leaveOpen: true));
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                verifier.Add(rest.Slice(0, end).ToArray());
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            if (read.IsCompleted)
            {
                if (!rest.IsEmpty)
                {
                    verifier._problems.Add(null, null, "The export does not end with a whole line.");
                }

                break;
            }

            reader.AdvanceTo(rest.Start, rest.End);
        }

        await reader.CompleteAsync();
        return verifier.Finish();
    }

    private void Keep(ReadOnlyMemory<byte> checkpoint)
    {
        if (_checkpoints.AddKept(checkpoint) is { } number)
        {
            _kept[number] = checkpoint.ToArray();
        }
    }

    private void Add(byte[] line)
    {
        _lines++;
        switch (KindOf(line))
        {
            case LineKind.Export when _lines == 1:
                _hasFirstLine = true;
                AddFirstLine(line);
                break;
            case LineKind.Checkpoint when _stream is null && _finished.Count == 0:
                AddCheckpoint(line);
                break;
            case LineKind.Head:
                AddHead(line);
                break;
            case LineKind.Entry:
                AddEntry(line);
                break;
            default:
                _problems.Add(_stream?.Stream, _stream?.Number + 1, $"Line {_lines} is not in the form of the ledger, or not in its place.");
                break;
        }
    }

    private void AddFirstLine(byte[] line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (_keys.FindFault(line, root) is { } fault)
            {
                _problems.Add(null, null, $"The first line {fault}.");
                return;
            }

            foreach (var end in ParsedHeads.ReadAll(root))
            {
                _ends[end.Stream] = end;
            }

            if (root.TryGetProperty("checkpoints", out var checkpoints))
            {
                _checkpointRange = (checkpoints.GetProperty("first").GetInt64(), checkpoints.GetProperty("last").GetInt64());
            }

            var from = root.TryGetProperty("from", out var begin) ? " from " + begin.GetString() : "";
            var to = root.TryGetProperty("to", out var until) ? " before " + until.GetString() : "";
            if (from.Length + to.Length > 0)
            {
                _part = $"the entries{from}{to}";
                _checkpoints.BeginAt(_checkpointRange.First);
            }
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException)
        {
            _problems.Add(null, null, "The first line is not in the form of the ledger: it was changed.");
        }
    }

    private void AddCheckpoint(byte[] line)
    {
        _checkpoints.Add(line);
        if (_kept.Remove(_checkpoints.Number, out var kept) && !kept.AsSpan().SequenceEqual(line))
        {
            _problems.Add(
                null, _checkpoints.Number, $"Checkpoint {_checkpoints.Number} is not the one that was kept: the ledger was rewritten.");
        }
    }

    private void AddEntry(byte[] line)
    {
        _entries++;
        var parsed = ParsedEntry.TryRead(line);
        var stream = parsed?.Stream;
        if (stream is not null && stream != _stream?.Stream && !_finished.Contains(stream) && (_ends.Count == 0 || _ends.ContainsKey(stream)))
        {
            Begin(stream, parsed!.Number);
        }

        if (_stream is null)
        {
            _problems.Add(stream, parsed?.Number, "The entry is not in the form of the ledger, or not in its place.");
            return;
        }

        if (_stream.AddEntry(line) is { } entry)
        {
            _checkpoints.Check(entry);
            _uses.Add(entry);
        }
    }

    private void AddHead(byte[] line)
    {
        if (_stream is null)
        {
            _problems.Add(null, null, $"Line {_lines} is a signed head out of its place.");
        }
        else
        {
            _stream.AddHead(line);
        }
    }

    private void Begin(string stream, long number)
    {
        End();
        _stream = new StreamVerifier(stream, _keys, _problems);
        _stream.BeginAt(_ends.TryGetValue(stream, out var end) ? end.First : number);
    }

    private void End()
    {
        if (_stream is not { } stream)
        {
            return;
        }

        stream.Finish();
        _finished.Add(stream.Stream);
        if (_part is null)
        {
            _checkpoints.CheckEnd(stream.Stream, stream.Number);
        }

        CheckEnd(stream);
        _stream = null;
    }

    private void CheckEnd(StreamVerifier stream)
    {
        if (!_ends.TryGetValue(stream.Stream, out var end))
        {
            _problems.Add(stream.Stream, null, "The first line of the export does not name the stream.");
        }
        else if (end.Number != stream.Number)
        {
            _problems.Add(stream.Stream, stream.Number + 1, $"The stream ends at entry {stream.Number}; the first line of the export names entry {end.Number}.");
        }
        else if (stream.Hash is not null && end.Hash != stream.Hash)
        {
            _problems.Add(stream.Stream, end.Number, "The last entry is not the one that the first line of the export names.");
        }
        else if (end.IsClosed && !stream.IsClosed)
        {
            _problems.Add(stream.Stream, end.Number, "The signed head that closes the stream is missing.");
        }
    }

    private VerificationReport Finish()
    {
        End();
        if (!_hasFirstLine)
        {
            _problems.Add(null, null, "The export does not begin with its first line.");
        }

        if (_hasFirstLine && _checkpoints.Number < _checkpointRange.Last)
        {
            _problems.Add(null, _checkpoints.Number + 1, $"Checkpoints are missing: the first line of the export names {_checkpointRange.Last}.");
        }

        var expected = _part is null ? _checkpoints.Streams.Union(_ends.Keys) : _ends.Keys;
        foreach (var stream in expected.Where(stream => !_finished.Contains(stream)).Order(StringComparer.Ordinal))
        {
            _problems.Add(stream, 1, "The stream is missing.");
        }

        _uses.Finish(_part is not null);
        foreach (var number in _kept.Keys.Where(MustBeInExport).Order())
        {
            _problems.Add(null, number, $"Checkpoint {number}, which was kept, is not in the ledger: it was cut off or replaced.");
        }

        return new VerificationReport(_entries, _checkpoints.Count, _problems.All) { Part = _part };
    }

    // A part contains only the checkpoints of its time; kept checkpoints outside that range prove nothing about it.
    private bool MustBeInExport(long checkpoint) =>
        _part is null || (checkpoint >= _checkpointRange.First && checkpoint <= _checkpointRange.Last);

    // The order of members is fixed, so a line's beginning shows its kind.
    private static LineKind KindOf(ReadOnlySpan<byte> line) => line switch
    {
        _ when line.StartsWith("{\"operationId\":"u8) => LineKind.Entry,
        _ when line.StartsWith("{\"kind\":\"head\","u8) => LineKind.Head,
        _ when line.StartsWith("{\"kind\":\"checkpoint\","u8) => LineKind.Checkpoint,
        _ when line.StartsWith("{\"kind\":\"export\","u8) => LineKind.Export,
        _ => LineKind.Unknown,
    };

    private enum LineKind
    {
        Unknown,
        Export,
        Checkpoint,
        Entry,
        Head,
    }
}
