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
/// The stream that this process writes, and its end as this process knows it. Changed by the writer's loop only.
/// </summary>
internal sealed class OwnStream(
    ILedgerCommits commits,
    StreamHeads heads,
    IStateSealer stateSealer,
    ISecretSealer answerSealer,
    ILedgerKey key,
    TimeProvider time,
    IOptions<LedgerOptions> options)
{
    private ProposalBuilder? _builder;
    private StreamHead _head = StreamHead.Empty;
    private volatile string? _id;

    /// <summary>The stream's id; null before <see cref="OpenAsync"/>.</summary>
    public string? Id => _id;

    /// <summary>Opens a new stream, replacing any earlier one.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var id = EntityId.New(IdPrefixes.Stream, time);
        await commits.OpenStreamAsync(id, options.Value.Node, cancellationToken);
        _builder = new ProposalBuilder(id, stateSealer, answerSealer, key);
        _head = StreamHead.Empty;
        _id = id;
    }

    /// <summary>Builds a proposal that continues the stream.</summary>
    public CommitProposal Propose(
        IReadOnlyList<PendingElement> batch,
        IReadOnlyDictionary<string, UseCount> counts,
        IReadOnlyDictionary<string, long> after,
        long atMs) =>
        (_builder ?? throw new LedgerBrokenException("The ledger's writer has no open stream.")).Build(batch, counts, after, _head, atMs);

    /// <summary>Records that a proposal is durable.</summary>
    public void MoveTo(CommitProposal committed) => _head = committed.Next;

    /// <summary>Whether a proposal whose commit failed is durable nevertheless; if not, it never will be.</summary>
    /// <exception cref="LedgerBrokenException">
    /// The stream ends neither before nor after the proposal, or cannot be read.
    /// </exception>
    public async Task<bool> HoldsAsync(CommitProposal proposal, Exception fault, CancellationToken cancellationToken)
    {
        StreamHead? end;
        try
        {
            await commits.WaitForPendingCommitsAsync(cancellationToken);
            end = await heads.FindAsync(proposal.Stream, cancellationToken);
        }
        catch (Exception unreadable) when (unreadable is not (StoreUnavailableException or OperationCanceledException))
        {
            throw new LedgerBrokenException(
                $"Whether the ledger stream {proposal.Stream} contains the last batch cannot be determined.",
                new AggregateException(fault, unreadable));
        }

        var isCommitted = end?.IsSameAs(proposal.Next) is true;
        return isCommitted || end?.IsSameAs(proposal.Expected) is true
            ? isCommitted
            : throw new LedgerBrokenException($"The ledger stream {proposal.Stream} does not end where this process wrote last: verify the ledger.", fault);
    }

    /// <summary>
    /// Whether another process closed the stream exactly at its end under the cluster's signature: then nothing is
    /// lost, and a new stream can replace it.
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
            // A malformed head was not written by a process of this cluster.
            return false;
        }
    }

    /// <summary>Closes the stream permanently.</summary>
    /// <exception cref="LedgerBrokenException">The stream ends elsewhere in the database.</exception>
    public async Task CloseAsync(long atMs, CancellationToken cancellationToken)
    {
        // A stream without entries cannot be truncated, and there may be no key before the first entry.
        if (_id is not { } id || _head.Number == 0)
        {
            return;
        }

        var closing = HeadText.Sign(id, _head.Number, _head.Hash, LedgerTime.ToText(atMs), closing: true, key);
        if (!await commits.CloseStreamAsync(id, _head, closing, cancellationToken) && !await IsClosedAtItsEndAsync(cancellationToken))
        {
            throw new LedgerBrokenException($"The ledger stream {id} does not end where this process left it: verify the ledger.");
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
/// The ledger is not in the state that this process left it in: restored from a backup, changed by hand or taken over, or
/// the writer lost track of it. The writer stops permanently and the process exits, rather than build on that state.
/// </summary>
internal sealed class LedgerBrokenException(string message, Exception? innerException = null) : Exception(message, innerException);
