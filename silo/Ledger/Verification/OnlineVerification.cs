using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Verification;

/// <inheritdoc/>
internal sealed class OnlineVerification(
    IReadConnections connections,
    ILedgerKey key,
    IStateSealer sealer,
    IEnumerable<StateKind> kinds,
    IOptions<VerificationOptions> options)
    : ILedgerVerification, IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private VerificationProgress? _progress;

    public async Task<VerificationReport> VerifyAsync(bool full, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (full || _progress is null)
            {
                Replace(new VerificationProgress(key));
            }

            return await VerifierOver(connections).VerifyAsync(_progress!, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<VerificationReport> VerifyInBackgroundAsync(CancellationToken cancellationToken)
    {
        VerificationProgress progress = new(key);
        try
        {
            PacedReads paced = new(connections, options.Value.Rest);
            var report = await VerifierOver(paced).VerifyAsync(progress, cancellationToken);
            await _gate.WaitAsync(cancellationToken);
            // What it found counts for the calls that follow, until another full verification finds otherwise.
            Replace(progress);
            _gate.Release();
            return report;
        }
        catch
        {
            progress.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _progress?.Dispose();
        _gate.Dispose();
    }

    private StoredLedgerVerifier VerifierOver(IReadConnections reads) =>
        new(new LedgerPages(reads), new StateVerifier(reads, sealer, kinds));

    private void Replace(VerificationProgress progress)
    {
        _progress?.Dispose();
        _progress = progress;
    }
}

/// <summary>Verifies the ledger and the states where they are stored.</summary>
public interface ILedgerVerification
{
    /// <summary>
    /// Verifies what was added since the last checkpoint that this process verified, and that the ends of what was verified
    /// before are still there; at the first call, all. One call runs at a time; another waits for it.
    /// </summary>
    /// <param name="full">Verifies all of it again.</param>
    /// <param name="cancellationToken">Ends it; what it verified until then counts.</param>
    Task<VerificationReport> VerifyAsync(bool full, CancellationToken cancellationToken);

    /// <summary>Verifies all of it beside calls for what was added, with pauses that leave the store to those who sign.</summary>
    Task<VerificationReport> VerifyInBackgroundAsync(CancellationToken cancellationToken);
}

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
