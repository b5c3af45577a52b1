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
/// Closes the streams of killed processes, which every checkpoint would otherwise list forever. A process that was only
/// silent loses nothing: it continues in a new stream.
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
    // A tampered stream stays and is found in every round: log it once.
    private readonly HashSet<string> _told = [];

    /// <summary>
    /// Closes streams silent for <see cref="LedgerOptions.SilentStreamTimeout"/>, except this process's own.
    /// </summary>
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

            if (!await EndsAtSignedHeadAsync(stream, head, cancellationToken))
            {
                if (_told.Add(stream))
                {
                    logger.LogError("The ledger stream {Stream} does not end at its last signed head: verify the ledger", stream);
                }

                continue;
            }

            var closing = HeadText.Sign(stream, head.Number, head.Hash, LedgerTime.ToText(nowMs), closing: true, key);
            if (await commits.CloseStreamAsync(stream, head, closing, cancellationToken))
            {
                logger.LogInformation("Closed the silent ledger stream {Stream} of another process", stream);
            }
        }
    }

    // Closing a stream signs its end, so never close one whose end was moved in the database.
    private async Task<bool> EndsAtSignedHeadAsync(string stream, StreamHead head, CancellationToken cancellationToken)
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
