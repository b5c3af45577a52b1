using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Verification;

/// <inheritdoc/>
internal sealed class OnlineVerification(
    IReadConnections connections,
    LedgerArchives archives,
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

            while (true)
            {
                var (report, isOvertaken) = await TryVerifyAsync(_progress!, connections, cancellationToken);
                if (!isOvertaken)
                {
                    return report;
                }

                Replace(new VerificationProgress(key));
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<VerificationReport> VerifyInBackgroundAsync(CancellationToken cancellationToken)
    {
        PacedReads paced = new(connections, options.Value.Rest);
        while (true)
        {
            VerificationProgress progress = new(key);
            try
            {
                var (report, isOvertaken) = await TryVerifyAsync(progress, paced, cancellationToken);
                if (!isOvertaken)
                {
                    await _gate.WaitAsync(cancellationToken);
                    // Later calls continue from this result until another full verification.
                    Replace(progress);
                    _gate.Release();
                    return report;
                }
            }
            catch
            {
                progress.Dispose();
                throw;
            }

            progress.Dispose();
        }
    }

    public void Dispose()
    {
        _progress?.Dispose();
        _gate.Dispose();
    }

    // What is moved to an archive meanwhile looks as if it were missing: such a pass is begun again.
    private async Task<(VerificationReport Report, bool IsOvertaken)> TryVerifyAsync(
        VerificationProgress progress, IReadConnections reads, CancellationToken cancellationToken)
    {
        var before = await ReadArchiveVersionAsync(cancellationToken);
        StoredLedgerVerifier verifier = new(new LedgerPages(reads), archives, new StateVerifier(reads, sealer, kinds));
        var report = await verifier.VerifyAsync(progress, cancellationToken);
        return (report, !report.Intact && await ReadArchiveVersionAsync(cancellationToken) != before);
    }

    private async Task<long?> ReadArchiveVersionAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await archives.ReadAsync(cancellationToken)).Version;
        }
        catch (StateTamperedException)
        {
            return null; // The pass tells of it.
        }
    }

    private void Replace(VerificationProgress progress)
    {
        _progress?.Dispose();
        _progress = progress;
    }
}

/// <summary>Verifies the stored ledger and states.</summary>
public interface ILedgerVerification
{
    /// <summary>
    /// Verifies what was added since the last checkpoint that this process verified, and that the verified ends still
    /// exist; everything at the first call. Calls run one at a time.
    /// </summary>
    /// <param name="full">Verifies everything again.</param>
    /// <param name="cancellationToken">Cancels the call; what was verified so far counts.</param>
    Task<VerificationReport> VerifyAsync(bool full, CancellationToken cancellationToken);

    /// <summary>
    /// Verifies everything, concurrently with incremental calls, with pauses that leave the store to signatures.
    /// </summary>
    Task<VerificationReport> VerifyInBackgroundAsync(CancellationToken cancellationToken);
}

/// <summary>
/// The progress of verification, in this process's memory only, since a stored one could be edited together with the
/// data. Each pass begins at the last checkpoint that the previous pass verified.
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

    /// <summary>The checkpoint at which this pass began; 0 for the beginning.</summary>
    public long From { get; private set; }

    /// <summary>The number of entries verified in this pass.</summary>
    public long Entries { get; set; }

    /// <summary>The number of checkpoints verified in this pass.</summary>
    public long CheckpointsSeen => Checkpoints.Count - _checkpointsBefore;

    /// <summary>Goes back to the last checkpoint; streams closed before it are not rewound.</summary>
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

    /// <summary>The end of a stream according to earlier passes; 0 if they did not see it.</summary>
    public (long Number, string? Hash) EndBefore(string stream) => _before.GetValueOrDefault(stream);

    public void Add(ParsedEntry entry)
    {
        Checkpoints.Check(entry);
        Written.Add(entry);
        // Count uses once, even if an entry is verified again.
        if (entry.Number > EndBefore(entry.Stream).Number)
        {
            Uses.Add(entry);
        }
    }

    /// <summary>Adds an archived entry that the store keeps.</summary>
    public void AddKept(ParsedEntry entry)
    {
        Checkpoints.Check(entry);
        Written.Add(entry);
        Uses.ContinueAfter(entry);
    }

    public void Dispose() => _keys.Dispose();

    private StreamVerifier Rewind(StreamVerifier stream)
    {
        StreamVerifier rewound = new(stream.Stream, _keys, Problems);
        if (Checkpoints.OpenEndOf(stream.Stream) is not { } end)
        {
            return rewound;
        }

        // A stream truncated before the checkpoint's entry was reported already, and its remainder verified.
        if (end.Number > stream.Number)
        {
            return stream;
        }

        rewound.ContinueAfter(end.Number, end.Hash);
        return rewound;
    }
}
