using System.Collections.Immutable;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Secrets;

/// <summary>
/// The rotation of the master key. While it lasts, the store has the next master key sealed under the previous one and the
/// previous one under the next, so that a node with either reads all records. Then both are removed: from then on the previous
/// master key opens nothing.
/// </summary>
internal sealed class MasterKeyRotation(ISealedKeyStore records, KeySealer sealer)
{
    private static readonly KeyReference Next = new("master-key-next");
    private static readonly KeyReference Previous = new("master-key-previous");

    private readonly Lock _gate = new();

    /// <summary>Whether a row of keys belongs to the rotation itself.</summary>
    public static bool IsOwn(string id) => id == SealedKeyStates.Id(Next) || id == SealedKeyStates.Id(Previous);

    /// <summary>Takes over the other master key of a rotation that is under way.</summary>
    /// <exception cref="SealedKeyException">A record was altered.</exception>
    public async Task<bool> TakeOverAsync(CancellationToken cancellationToken)
    {
        var isNext = await TakeOverAsync(Next, isNext: true, cancellationToken);
        return await TakeOverAsync(Previous, isNext: false, cancellationToken) || isNext;
    }

    /// <summary>The fingerprint of the next master key of a rotation that is under way; null if there is none.</summary>
    public async Task<string?> ReadNextAsync(CancellationToken cancellationToken) =>
        (await records.LoadAsync(Previous, cancellationToken))?.MasterKeyFingerprint;

    /// <summary>The writes that begin a rotation.</summary>
    public static ImmutableArray<StateWrite> Begin(MasterKey previous, MasterKey next) =>
    [
        SealedKeyStates.Write(Seal(previous, Next, next)), SealedKeyStates.Write(Seal(next, Previous, previous)),
    ];

    /// <summary>The writes that end it.</summary>
    public static async Task<ImmutableArray<StateWrite>> EndAsync(IStateStore states, CancellationToken cancellationToken)
    {
        var rows = await states.ReadManyAsync(
            [(StateTypes.Key, SealedKeyStates.Id(Next)), (StateTypes.Key, SealedKeyStates.Id(Previous))], cancellationToken);
        return [.. rows.Select(row => new StateWrite(row.Type, row.Id, row.Version, Content: null, StateIndex.None))];
    }

    private static SealedKey Seal(MasterKey under, KeyReference reference, MasterKey key)
    {
        using var succession = key.ToSuccession();
        return new KeySealer(under).Seal(reference, KeyPurpose.MasterKey, algorithm: null, succession.Span);
    }

    private async Task<bool> TakeOverAsync(KeyReference reference, bool isNext, CancellationToken cancellationToken)
    {
        if (await records.LoadAsync(reference, cancellationToken) is not { } record || !sealer.Knows(record.MasterKeyFingerprint))
        {
            return false;
        }

        using var succession = sealer.Open(record, reference, KeyPurpose.MasterKey);
        var key = MasterKey.FromSuccession(succession.Span);
        lock (_gate)
        {
            if (!sealer.Knows(key.Fingerprint))
            {
                sealer.Add(key, isNext);
                return true;
            }
        }

        key.Dispose();
        return false;
    }
}

/// <summary>Has a node hear of a rotation of the master key, well before its first record is sealed under the next.</summary>
internal sealed class MasterKeyWatch(MasterKeyRotation rotation, TimeProvider time, ILogger<MasterKeyWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly RepeatedWork _work = new(
        log,
        time,
        "Rotations of the master key are followed again.",
        "Whether the master key is being rotated could not be read, and will be.",
        "A rotation of the master key could not be followed, and will be tried again: fix the cause.");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _work.RepeatAsync(Interval, FollowAsync, stoppingToken);

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (await rotation.TakeOverAsync(cancellationToken))
        {
            log.LogInformation("The master key is being rotated: this node reads what is sealed under either, and seals under the next");
        }
    }
}

/// <summary>Rotates the master key, from a process beside the nodes. Begun again, it goes on where it was.</summary>
internal sealed class MasterKeyReplacement(
    KeySealer sealer, MasterKeyRotation rotation, MasterKey own, IStateStore states, ILedger ledger, IStorePurge purge, TimeProvider time)
{
    private const int RowsAtOnce = 50;

    private static readonly StateQuery AllKeys = new(StateTypes.Key, Limit: RowsAtOnce);

    /// <summary>Rotates to the next master key.</summary>
    /// <param name="next">The next master key.</param>
    /// <param name="publication">How long nodes take at most to hear of a rotation.</param>
    /// <param name="report">Receives a sentence of progress now and then.</param>
    /// <param name="cancellationToken">Ends it; it can be begun again.</param>
    /// <exception cref="InvalidDataException">Another rotation is under way.</exception>
    public async Task RunAsync(MasterKey next, TimeSpan publication, Func<string, Task> report, CancellationToken cancellationToken)
    {
        switch (await rotation.ReadNextAsync(cancellationToken))
        {
            case { } other when other != next.Fingerprint:
                throw new InvalidDataException($"A rotation to another master key, {other}, is under way: go on with that one first.");
            case null when own.Fingerprint == next.Fingerprint && await AnyOfOthersAsync(next, cancellationToken):
                throw new InvalidDataException("Keys are sealed under another master key: begin with that one as CODESIGNING_MASTER_KEY.");
            case null when own.Fingerprint == next.Fingerprint:
                await report("Every key is sealed under this master key already.");
                return;
            case null:
                await CommitAsync("master-key.rotate", next, MasterKeyRotation.Begin(own, next), cancellationToken);
                break;
            default:
                await report("A rotation that was begun goes on.");
                break;
        }

        await rotation.TakeOverAsync(cancellationToken);
        await report("Nodes are hearing of the next master key.");
        await Task.Delay(publication, time, cancellationToken);
        while (await SweepAsync(next, report, cancellationToken) > 0)
        {
            // A node may have stored a key under the previous master key meanwhile.
        }

        var end = await MasterKeyRotation.EndAsync(states, cancellationToken);
        await CommitAsync("master-key.rotated", next, end, cancellationToken);
        await purge.PurgeAsync(cancellationToken);
    }

    private async Task<bool> AnyOfOthersAsync(MasterKey next, CancellationToken cancellationToken)
    {
        await foreach (var row in ListAsync(cancellationToken))
        {
            if (SealedKeyStates.Read(row.Content.ToArray()).MasterKeyFingerprint != next.Fingerprint)
            {
                return true;
            }
        }

        return false;
    }

    private async Task<int> SweepAsync(MasterKey next, Func<string, Task> report, CancellationToken cancellationToken)
    {
        var (seen, changed) = (0, 0);
        List<StateWrite> writes = [];
        await foreach (var row in ListAsync(cancellationToken))
        {
            seen++;
            var record = SealedKeyStates.Read(row.Content.ToArray());
            if (record.MasterKeyFingerprint == next.Fingerprint)
            {
                continue;
            }

            changed++;
            writes.Add(SealedKeyStates.Replace(row, sealer.Rewrap(record, next)));
            if (writes.Count == RowsAtOnce)
            {
                await StoreAsync(writes, cancellationToken);
                await report($"{changed} of {seen} keys were sealed under the next master key.");
            }
        }

        await StoreAsync(writes, cancellationToken);
        await report($"{changed} of {seen} keys were sealed under the next master key; the others were already.");
        return changed;
    }

    private async IAsyncEnumerable<StoredState> ListAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = AllKeys;
        do
        {
            var page = await states.ReadPageAsync(query, cancellationToken);
            foreach (var row in page.Items.Where(row => !MasterKeyRotation.IsOwn(row.Id)))
            {
                yield return row;
            }

            query = query with { Before = page.Next };
        }
        while (query.Before is not null);
    }

    // What was changed or removed in between is met by the next sweep.
    private async Task StoreAsync(List<StateWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Count > 0
            && await ledger.CommitAsync(new LedgerElement { Writes = [.. writes] }, cancellationToken) is CommitOutcome.Stale)
        {
            foreach (var write in writes)
            {
                await ledger.CommitAsync(new LedgerElement { Writes = [write] }, cancellationToken);
            }
        }

        writes.Clear();
    }

    private Task CommitAsync(
        string action, MasterKey next, ImmutableArray<StateWrite> writes, CancellationToken cancellationToken) => ledger.RecordAsync(
        Change.By(
            Caller.System, action, StateTypes.Key, "master-key", Changes.None.Saying("fingerprint", next.Fingerprint), time)
            .Writing(writes),
        cancellationToken);
}
