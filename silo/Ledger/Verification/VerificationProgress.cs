namespace CodeSigning.Silo.Ledger.Verification;

/// <summary>
/// How far verification has come, in this process's memory alone: what lay in the store could be edited with what it vouches
/// for. Each pass begins at the last checkpoint that the one before it verified, and looks at everything behind it.
/// </summary>
internal sealed class VerificationProgress : IDisposable
{
    private readonly VerificationKeys _keys;
    private readonly Dictionary<string, (long Number, string? Hash)> _before = [];
    private long _checkpointsBefore;

    public VerificationProgress(ILedgerKey key)
    {
        _keys = new VerificationKeys().Add(key.PublicKey.Span);
        Checkpoints = new CheckpointVerifier(_keys, Problems);
        Uses = new GrantUseVerifier(Problems);
    }

    public ProblemList Problems { get; } = new();

    public CheckpointVerifier Checkpoints { get; }

    public GrantUseVerifier Uses { get; }

    public WrittenVersions Written { get; } = new();

    public Dictionary<string, StreamVerifier> Streams { get; } = [];

    /// <summary>The checkpoint that this pass began at; 0 for the beginning.</summary>
    public long From { get; private set; }

    /// <summary>How many entries this pass has looked at.</summary>
    public long Entries { get; set; }

    /// <summary>How many checkpoints this pass has looked at.</summary>
    public long CheckpointsSeen => Checkpoints.Count - _checkpointsBefore;

    /// <summary>Goes back to the last checkpoint. Streams that it names as they ended long ago stay where they are.</summary>
    public void BeginPass()
    {
        (From, Entries, _checkpointsBefore) = (Checkpoints.Number, 0, Checkpoints.Count);
        _before.Clear();
        foreach (var (name, stream) in Streams.ToList())
        {
            _before[name] = (stream.Number, stream.Hash);
            if (!Checkpoints.IsSettled(name))
            {
                Streams[name] = Rewind(stream);
            }
        }
    }

    public StreamVerifier Stream(string name)
    {
        if (!Streams.TryGetValue(name, out var stream))
        {
            Streams.Add(name, stream = new StreamVerifier(name, _keys, Problems));
        }

        return stream;
    }

    /// <summary>What passes before this one found a stream to end in; 0 where they did not see it.</summary>
    public (long Number, string? Hash) EndBefore(string stream) => _before.GetValueOrDefault(stream);

    public void Add(ParsedEntry entry)
    {
        Checkpoints.Check(entry);
        Written.Add(entry);
        // Uses are counted once, however often an entry is looked at.
        if (entry.Number > EndBefore(entry.Stream).Number)
        {
            Uses.Add(entry);
        }
    }

    public void Dispose() => _keys.Dispose();

    private StreamVerifier Rewind(StreamVerifier stream)
    {
        StreamVerifier rewound = new(stream.Stream, _keys, Problems);
        if (Checkpoints.OpenEndOf(stream.Stream) is not { } end)
        {
            return rewound;
        }

        // A stream that was cut off before the checkpoint's entry has been reported, and what is left of it was looked at.
        if (end.Number > stream.Number)
        {
            return stream;
        }

        rewound.ContinueAfter(end.Number, end.Hash);
        return rewound;
    }
}
