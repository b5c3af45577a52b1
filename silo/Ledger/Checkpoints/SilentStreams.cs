using CodeSigning.Silo.Ledger.Commits;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Ledger.Writing;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Checkpoints;

/// <summary>
/// Closes the streams of processes that were killed: every checkpoint would name them for ever. A process that was only
/// silent loses nothing by it; it goes on in another stream.
/// </summary>
internal sealed class SilentStreams(
    StreamHeads heads,
    LedgerPages pages,
    ILedgerCommits commits,
    OwnStream own,
    ILedgerKey key,
    IOptions<LedgerOptions> options,
    ILogger<SilentStreams> logger)
{
    // A stream that is told of stays as it is, and is met at every round.
    private readonly HashSet<string> _told = [];

    /// <summary>Closes what has been silent for <see cref="LedgerOptions.SilentStreamTimeout"/>, but for this process's own stream.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        var nowMs = await commits.ReadClockAsync(cancellationToken);
        var silentSinceMs = nowMs - (long)options.Value.SilentStreamTimeout.TotalMilliseconds;
        foreach (var (stream, head) in await heads.ListSilentAsync(silentSinceMs, cancellationToken))
        {
            if (stream == own.Id)
            {
                continue;
            }

            if (!await EndsWhereItsWriterSignedAsync(stream, head, cancellationToken))
            {
                if (_told.Add(stream))
                {
                    logger.LogError("The ledger stream {Stream} does not end where its process left it; verify the ledger.", stream);
                }

                continue;
            }

            var closing = HeadText.Sign(stream, head.Number, head.Hash, LedgerTime.ToText(nowMs), closing: true, key);
            if (await commits.CloseStreamAsync(stream, head, closing, cancellationToken))
            {
                logger.LogInformation("Closed the ledger stream {Stream}, whose process has written nothing for long.", stream);
            }
        }
    }

    // To close a stream is to sign its end: not one that somebody with the database in hand has moved.
    private async Task<bool> EndsWhereItsWriterSignedAsync(string stream, StreamHead head, CancellationToken cancellationToken)
    {
        ProblemList problems = new();
        using var keys = new VerificationKeys().Add(key.PublicKey.Span);
        StreamVerifier end = new(stream, keys, problems);
        end.BeginAt(head.Number);
        await foreach (var entry in pages.ReadEntriesAsync(stream, head.Number, head.Number, cancellationToken))
        {
            end.AddEntry(entry.Text);
        }

        await foreach (var (_, text) in pages.ReadHeadsAsync(stream, head.Number, head.Number, cancellationToken))
        {
            end.AddHead(text);
        }

        end.Finish();
        return problems.All.Count == 0 && end.Hash == Convert.ToHexStringLower(head.Hash);
    }
}
