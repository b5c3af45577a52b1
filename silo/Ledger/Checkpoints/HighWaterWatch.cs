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
/// Keeps the last checkpoint that this node saw in a file outside the store, to detect a store that is older or has
/// another history, at the start and at run time.
/// </summary>
internal sealed class HighWaterWatch
{
    private readonly HighWaterFile _file;
    private readonly LedgerPages _pages;
    private readonly LedgerArchives _archives;
    private readonly ILedgerKey _key;
    private readonly TimeProvider _time;
    private readonly HighWaterOptions _options;
    private readonly string _node;
    private readonly ILogger<HighWaterWatch> _logger;
    private readonly TroubleLog _trouble;
    private readonly TaskCompletionSource<string> _wentBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile HighWaterMark? _mark;
    private volatile bool _isNew;
    private bool _mayBeArchived;

    public HighWaterWatch(
        HighWaterFile file,
        LedgerPages pages,
        LedgerArchives archives,
        ILedgerKey key,
        LedgerMetrics metrics,
        TimeProvider time,
        IOptions<HighWaterOptions> options,
        IOptions<LedgerOptions> ledger,
        ILogger<HighWaterWatch> logger)
    {
        (_file, _pages, _archives, _key, _time, _options, _node, _logger) = (file, pages, archives, key, time, options.Value, ledger.Value.Node, logger);
        _trouble = new TroubleLog(logger, time);
        metrics.ObserveHighWater(() => (_mark?.Checkpoint ?? 0, _isNew));
    }

    /// <summary>Completes with the reason when the store was rolled back under this process. Never fails.</summary>
    public Task<string> WentBack => _wentBack.Task;

    /// <summary>The mark given up for an older store that the operator accepted; null if the store was not older.</summary>
    public HighWaterMark? GivenUp { get; private set; }

    /// <summary>Compares the store with this node's mark before anything is written.</summary>
    /// <exception cref="HighWaterException">
    /// The store is older or has another history, and the operator has not accepted it.
    /// </exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _mark = _file.Read();
        var last = await _pages.ReadLastCheckpointAsync(cancellationToken);
        _isNew = _mark is null && last is not null;
        // Whether it lies in an archive can be said only when the cluster's keys are open.
        _mayBeArchived = _mark is { } seen && last?.Number > seen.Checkpoint && await ReadAsync(seen.Checkpoint, cancellationToken) is null;
        if (!_mayBeArchived)
        {
            await CompareAsync(last, cancellationToken);
        }
    }

    /// <summary>
    /// The mismatch between the store and this node's mark, as a message; null if there is none or no mark.
    /// </summary>
    /// <exception cref="HighWaterException">The mark cannot be read.</exception>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken) => _file.Read() is { } mark
        ? await FindFaultAsync(mark, await _pages.ReadLastCheckpointAsync(cancellationToken), null, cancellationToken)
        : null;

    /// <summary>
    /// Compares a mark that may lie in an archive, and records in the ledger that this node starts without the mark that it
    /// should have. The cluster's keys are open.
    /// </summary>
    /// <exception cref="HighWaterException">
    /// The new mark cannot be written, or the store has another history and the operator has not accepted it.
    /// </exception>
    public async Task RecordAsync(ILedger ledger, CancellationToken cancellationToken)
    {
        if (_mayBeArchived)
        {
            await CompareAsync(await _pages.ReadLastCheckpointAsync(cancellationToken), cancellationToken);
            _mayBeArchived = false;
        }

        if (GivenUp is null && !_isNew)
        {
            return;
        }

        var last = await _pages.ReadLastCheckpointAsync(cancellationToken);
        var now = last is var (number, text) ? HighWaterMark.Of(number, text) : null;
        if (GivenUp is { } before)
        {
            await TellAsync("high-water.accept", Changes.None.Saying("node", _node).Replacing("mark", before, now));
            _logger.LogWarning("Accepted an older store as requested by the operator: this node has seen {Before}, the store has {Now}", before, now?.ToString() ?? "none");
        }
        else
        {
            await TellAsync("high-water.begin", Changes.None.Saying("node", _node).Replacing("mark", null, now));
            _logger.LogWarning(
                "This node has no high-water mark at {File} and starts with {Now}, so it cannot detect an older copy of the store. That is "
                + "normal for a new node. If every node of a cluster logs this, verify the ledger with a checkpoint that was "
                + "kept elsewhere",
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

    /// <summary>Records the last checkpoint of the store.</summary>
    /// <returns>False if the store was rolled back: nothing more may be written to it.</returns>
    /// <exception cref="InvalidDataException">A checkpoint was not signed with this ledger's key.</exception>
    public async Task<bool> SeeAsync((long Number, string Text)? last, CancellationToken cancellationToken)
    {
        if (_wentBack.Task.IsCompleted)
        {
            return false;
        }

        // Otherwise write access to the database alone could raise all marks to a forged checkpoint, and no node would
        // start.
        if (last is { } present)
        {
            RequireSigned(present.Number, present.Text);
        }

        if (_mark is { } mark && await FindFaultAsync(mark, last, RequireSigned, cancellationToken) is { } fault)
        {
            _logger.LogCritical("The store was rolled back while this process was running; the process stops. {Reason}", fault);
            _wentBack.TrySetResult(fault);
            return false;
        }

        if (last is var (number, text) && number > (_mark?.Checkpoint ?? 0))
        {
            Advance(HighWaterMark.Of(number, text), mustBeWritten: false);
        }

        return true;
    }

    private async Task CompareAsync((long Number, string Text)? last, CancellationToken cancellationToken)
    {
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

    // Another checkpoint with the mark's number is either another history's or a changed row; its signature
    // distinguishes them.
    private async Task<string?> FindFaultAsync(
        HighWaterMark mark, (long Number, string Text)? last, Action<long, string>? requireSigned, CancellationToken cancellationToken)
    {
        var number = last?.Number ?? 0;
        if (number < mark.Checkpoint)
        {
            return $"The store is older than what this node has seen: it has {(number == 0 ? "no checkpoint" : $"checkpoint {number} as its last")}, "
                + $"but this node has seen {mark}. {WhatToDo()}";
        }

        var text = number == mark.Checkpoint ? last!.Value.Text : await ReadAsync(mark.Checkpoint, cancellationToken);
        if (text is not null && HighWaterMark.Of(mark.Checkpoint, text) == mark)
        {
            return null;
        }

        // A node that was away for long has seen checkpoints that lie in an archive by now.
        if (text is null && (await _archives.ReadAsync(cancellationToken)).Archive.Checkpoint > mark.Checkpoint)
        {
            return null;
        }

        if (text is not null)
        {
            requireSigned?.Invoke(mark.Checkpoint, text);
        }

        return $"The store has another history than this node has seen: its checkpoint {mark.Checkpoint} is not {mark}. {WhatToDo()}";
    }

    private string WhatToDo() =>
        "An old copy restores quota, members and secrets that were withdrawn since: restore the right store, or, if this one "
        + $"is intended, run 'silo accept-older-store', which the ledger records. The mark is {_file.Path}.";

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
            throw new InvalidDataException($"Checkpoint {number} is not signed with the ledger's key.");
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
            _trouble.Met(fault, fault.Message, "The high-water mark could not be written and will be retried.");
        }
    }
}

/// <summary>The operator's decision about an older store.</summary>
public sealed class HighWaterOptions
{
    /// <summary>Whether to accept a store older than this node's mark.</summary>
    public bool AcceptsOlderStore { get; set; }
}
