using System.Text;
using System.Text.Json;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using CodeSigning.Silo.Ledger.Entries;
using CodeSigning.Silo.Ledger.Reading;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodeSigning.Silo.Ledger.Checkpoints;

/// <summary>
/// Remembers the last checkpoint that this node saw, in a file outside the store, and finds out by it when the store is older
/// than that or tells another history: at the start, and while the node runs.
/// </summary>
internal sealed class HighWaterWatch
{
    private readonly HighWaterFile _file;
    private readonly LedgerPages _pages;
    private readonly ILedgerKey _key;
    private readonly TimeProvider _time;
    private readonly HighWaterOptions _options;
    private readonly string _node;
    private readonly ILogger<HighWaterWatch> _logger;
    private readonly TroubleLog _trouble;
    private readonly TaskCompletionSource<string> _wentBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile HighWaterMark? _mark;
    private volatile bool _isNew;

    public HighWaterWatch(
        HighWaterFile file,
        LedgerPages pages,
        ILedgerKey key,
        LedgerMetrics metrics,
        TimeProvider time,
        IOptions<HighWaterOptions> options,
        IOptions<LedgerOptions> ledger,
        ILogger<HighWaterWatch> logger)
    {
        (_file, _pages, _key, _time, _options, _node, _logger) = (file, pages, key, time, options.Value, ledger.Value.Node, logger);
        _trouble = new TroubleLog(logger, time);
        metrics.ObserveHighWater(() => (_mark?.Checkpoint ?? 0, _isNew));
    }

    /// <summary>Completes, with the reason, when the store went back under this process. It never fails.</summary>
    public Task<string> WentBack => _wentBack.Task;

    /// <summary>The mark that was given up for an older store, as the operator demanded; null where the store was not older.</summary>
    public HighWaterMark? GivenUp { get; private set; }

    /// <summary>Compares the store with this node's mark, before anything is written.</summary>
    /// <exception cref="HighWaterException">It is older or another, and the operator has not said that this is meant.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _mark = _file.Read();
        var last = await _pages.ReadLastCheckpointAsync(cancellationToken);
        _isNew = _mark is null && last is not null;
        if (_mark is not { } mark || await FindFaultAsync(mark, last, null, cancellationToken) is not { } fault)
        {
            return;
        }

        if (!_options.AcceptsOlderStore)
        {
            throw new HighWaterException(fault);
        }

        (GivenUp, _mark) = (mark, null);
    }

    /// <summary>What is wrong with the store by this node's mark, as a sentence; null where nothing is, or there is no mark.</summary>
    /// <exception cref="HighWaterException">The mark cannot be read.</exception>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken) => _file.Read() is { } mark
        ? await FindFaultAsync(mark, await _pages.ReadLastCheckpointAsync(cancellationToken), null, cancellationToken)
        : null;

    /// <summary>Records, once the ledger is written, that this node goes on without the mark that it should have.</summary>
    /// <exception cref="HighWaterException">The new mark cannot be written.</exception>
    public async Task RecordAsync(ILedger ledger, CancellationToken cancellationToken)
    {
        if (GivenUp is null && !_isNew)
        {
            return;
        }

        var last = await _pages.ReadLastCheckpointAsync(cancellationToken);
        var now = last is var (number, text) ? HighWaterMark.Of(number, text) : null;
        if (GivenUp is { } before)
        {
            await TellAsync("high-water.accept", Changes.None.Saying("node", _node).Replacing("mark", before, now));
            _logger.LogWarning("An older store is gone on with, as was demanded: {Before} was seen, and {Now} is there.", before, now?.ToString() ?? "none");
        }
        else
        {
            await TellAsync("high-water.begin", Changes.None.Saying("node", _node).Replacing("mark", null, now));
            _logger.LogWarning(
                "This node has no high-water mark at {File} and begins with {Now}: it cannot tell whether the store is an older copy. A node "
                + "that is new has none. Where every node of a cluster says this, nobody can tell: verify the ledger with a checkpoint that was "
                + "kept elsewhere.",
                _file.Path, now);
        }

        if (last is not { } present)
        {
            _file.Remove();
        }
        else if (IsSigned(present.Text))
        {
            Advance(now!, mustBeWritten: true);
        }

        Task TellAsync(string action, Changes changes) =>
            ledger.RecordAsync(Change.By(Caller.System, action, "ledger", "high-water", changes, _time), cancellationToken);
    }

    /// <summary>Notes the last checkpoint that the store holds.</summary>
    /// <returns>False where the store went back: nothing may be written to it any more.</returns>
    /// <exception cref="InvalidDataException">A checkpoint was changed: this ledger's key has not signed it.</exception>
    public async Task<bool> SeeAsync((long Number, string Text)? last, CancellationToken cancellationToken)
    {
        if (_wentBack.Task.IsCompleted)
        {
            return false;
        }

        // Whoever has the database alone could otherwise raise all marks to a checkpoint that never was, and no node would start.
        if (last is { } present)
        {
            RequireSigned(present.Number, present.Text);
        }

        if (_mark is { } mark && await FindFaultAsync(mark, last, RequireSigned, cancellationToken) is { } fault)
        {
            _logger.LogCritical("The store went back while this process ran, which ends now. {Reason}", fault);
            _wentBack.TrySetResult(fault);
            return false;
        }

        if (last is var (number, text) && number > (_mark?.Checkpoint ?? 0))
        {
            Advance(HighWaterMark.Of(number, text), mustBeWritten: false);
        }

        return true;
    }

    // What is not the mark's checkpoint is another history's, or a changed row of this one, as a signature can tell.
    private async Task<string?> FindFaultAsync(
        HighWaterMark mark, (long Number, string Text)? last, Action<long, string>? demandSigned, CancellationToken cancellationToken)
    {
        var number = last?.Number ?? 0;
        if (number < mark.Checkpoint)
        {
            return $"The store is older than what this node has seen: it ends at {(number == 0 ? "no checkpoint at all" : $"checkpoint {number}")}, "
                + $"and this node has seen {mark}. {WhatToDo()}";
        }

        var text = number == mark.Checkpoint ? last!.Value.Text : await ReadAsync(mark.Checkpoint, cancellationToken);
        if (text is not null && HighWaterMark.Of(mark.Checkpoint, text) == mark)
        {
            return null;
        }

        if (text is not null)
        {
            demandSigned?.Invoke(mark.Checkpoint, text);
        }

        return $"The store tells another history than this node has seen: its checkpoint {mark.Checkpoint} is not {mark}. {WhatToDo()}";
    }

    private string WhatToDo() =>
        "An old copy gives back quota, members and secrets that were taken away since. Put the right store in its place; or, if this one "
        + $"is meant, run silo accept-older-store, which the ledger will tell of. The mark is {_file.Path}.";

    private async Task<string?> ReadAsync(long checkpoint, CancellationToken cancellationToken)
    {
        await foreach (var (_, text) in _pages.ReadCheckpointsAsync(checkpoint, checkpoint, cancellationToken))
        {
            return Encoding.UTF8.GetString(text);
        }

        return null;
    }

    private void RequireSigned(long number, string text)
    {
        if (!IsSigned(text))
        {
            throw new InvalidDataException($"The ledger's key has not signed checkpoint {number}.");
        }
    }

    private bool IsSigned(string text)
    {
        try
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            using var document = JsonDocument.Parse(bytes);
            using var keys = new VerificationKeys().Add(_key.PublicKey.Span);
            return keys.FindFault(bytes, document.RootElement) is null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Advance(HighWaterMark mark, bool mustBeWritten)
    {
        _mark = mark;
        try
        {
            _file.Write(mark);
            _trouble.Over("The high-water mark is written again.");
        }
        catch (HighWaterException fault) when (!mustBeWritten)
        {
            _trouble.Met(fault, fault.Message, "The high-water mark is not kept; it is tried again.");
        }
    }
}

/// <summary>What the operator says of the store.</summary>
public sealed class HighWaterOptions
{
    /// <summary>Whether a store that is older than this node's mark is meant.</summary>
    public bool AcceptsOlderStore { get; set; }
}
