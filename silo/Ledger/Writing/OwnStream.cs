using System.Text.Json;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// The stream that this process writes, and where it ends as far as this process knows. Changed by the writer's loop alone.
/// </summary>
internal sealed class OwnStream(
    ILedgerCommits commits,
    StreamHeads heads,
    IStateSealer stateSealer,
    IAnswerSealer answerSealer,
    ILedgerKey key,
    TimeProvider time,
    IOptions<LedgerOptions> options)
{
    private ProposalBuilder? _builder;
    private StreamHead _head = StreamHead.Empty;
    private volatile string? _id;

    /// <summary>The stream's id; null before <see cref="OpenAsync"/>.</summary>
    public string? Id => _id;

    /// <summary>Opens a new stream, in the place of the one before where there was one.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var id = EntityId.New(IdPrefixes.Stream, time);
        await commits.OpenStreamAsync(id, options.Value.Node, cancellationToken);
        _builder = new ProposalBuilder(id, stateSealer, answerSealer, key);
        _head = StreamHead.Empty;
        _id = id;
    }

    /// <summary>A batch in the form in which it follows what the stream holds.</summary>
    public CommitProposal Propose(
        IReadOnlyList<PendingElement> batch,
        IReadOnlyDictionary<string, UseCount> counts,
        IReadOnlyDictionary<string, long> after,
        long atMs) =>
        (_builder ?? throw new LedgerBrokenException("The ledger's writer has no stream.")).Build(batch, counts, after, _head, atMs);

    /// <summary>Notes that a proposal is durable.</summary>
    public void MoveTo(CommitProposal committed) => _head = committed.Next;

    /// <summary>Whether a proposal whose commit met a fault is durable all the same; if not, it never will be.</summary>
    /// <exception cref="LedgerBrokenException">The stream ends neither after it nor before it, or cannot be read.</exception>
    public async Task<bool> HoldsAsync(CommitProposal proposal, Exception fault, CancellationToken cancellationToken)
    {
        StreamHead? end;
        try
        {
            await commits.WaitForCommitsUnderWayAsync(cancellationToken);
            end = await heads.FindAsync(proposal.Stream, cancellationToken);
        }
        catch (Exception unreadable) when (unreadable is not (StoreUnavailableException or OperationCanceledException))
        {
            throw new LedgerBrokenException(
                $"It cannot be found out whether the ledger stream {proposal.Stream} holds the last batch.",
                new AggregateException(fault, unreadable));
        }

        var isCommitted = end?.IsSameAs(proposal.Next) is true;
        return isCommitted || end?.IsSameAs(proposal.Expected) is true
            ? isCommitted
            : throw new LedgerBrokenException($"The ledger stream {proposal.Stream} does not end where this process wrote last; verify the ledger.", fault);
    }

    /// <summary>
    /// Whether another process closed the stream, taking this one for gone, and closed it right where it ends, under the
    /// cluster's signature: then nothing is lost, and a new stream can take its place.
    /// </summary>
    public async Task<bool> IsClosedAtItsEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _id is { } id && await heads.FindClosedAsync(id, cancellationToken) is var (head, closing)
                && head.IsSameAs(_head) && IsSignedClosing(id, closing);
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException
            or InvalidCastException or InvalidOperationException or ArgumentException)
        {
            // What is not in the form of the ledger, no process of the cluster has written.
            return false;
        }
    }

    /// <summary>Closes the stream for good.</summary>
    /// <exception cref="LedgerBrokenException">In the database it ends elsewhere.</exception>
    public async Task CloseAsync(long atMs, CancellationToken cancellationToken)
    {
        // A stream without entries has nothing that could be cut off; and before the first entry there may be no key.
        if (_id is not { } id || _head.Number == 0)
        {
            return;
        }

        var closing = HeadText.Sign(id, _head.Number, _head.Hash, LedgerTime.ToText(atMs), closing: true, key);
        if (!await commits.CloseStreamAsync(id, _head, closing, cancellationToken) && !await IsClosedAtItsEndAsync(cancellationToken))
        {
            throw new LedgerBrokenException($"The ledger stream {id} does not end where this process left it; verify the ledger.");
        }
    }

    private bool IsSignedClosing(string id, byte[] text)
    {
        using var keys = new VerificationKeys().Add(key.PublicKey.Span);
        using var document = JsonDocument.Parse(text);
        return keys.FindFault(text, document.RootElement) is null
            && ParsedHeads.Read(document.RootElement, "closing")
                == new StreamEnd(id, _head.Number, Convert.ToHexStringLower(_head.Hash), IsClosed: true);
    }
}

/// <summary>
/// What this process knows of the ledger is not true any more. The database's stream is not what it wrote (it was restored
/// from a backup, changed by hand, or taken over), or the writer has lost track of it. Going on would build on that, so
/// the writer ends for good and the process with it.
/// </summary>
internal sealed class LedgerBrokenException(string message, Exception? innerException = null) : Exception(message, innerException);
