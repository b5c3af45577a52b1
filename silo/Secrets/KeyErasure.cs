using System.Collections.Immutable;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Logging;
using CodeSigning.Silo.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Secrets;

/// <inheritdoc/>
internal sealed class KeyErasure(KeyVault vault, IStateStore states, ILedger ledger, IStorePurge purge, TimeProvider time) : IKeyErasure
{
    /// <inheritdoc/>
    public async Task EraseAsync(ImmutableArray<string> keyIds, CancellationToken cancellationToken)
    {
        foreach (var keyId in keyIds)
        {
            KeyReference reference = new(keyId);
            if (await states.ReadAsync(StateTypes.Key, SealedKeyStates.Id(reference), cancellationToken) is { } row)
            {
                await vault.DestroyInTokenAsync(SealedKeyStates.Read(row.Content.ToArray()), cancellationToken);
                await RemoveAsync(row);
            }

            vault.Close(reference, KeyPurpose.CodeSigning);
        }

        await purge.PurgeAsync(CancellationToken.None);
    }

    private async Task RemoveAsync(StoredState row)
    {
        // The ledger tells of every row that is removed; one that is missing otherwise is a problem of its verification.
        StateWrite removal = new(row.Type, row.Id, row.Version, Content: null, StateIndex.None);
        var erasure = Change
            .By(Caller.System, "key.erase", row.Type, row.Id, Changes.None.Saying("erased", true), time)
            .Writing(removal);
        var outcome = await ledger.CommitAsync(erasure with { ReadSet = [] }, CancellationToken.None);

        // Stale: another administrator removed it at the same time, or its master key was rotated.
        if (outcome is CommitOutcome.Stale && await states.ReadAsync(row.Type, row.Id, CancellationToken.None) is { } changed)
        {
            await RemoveAsync(changed);
        }
    }
}

/// <summary>Closes the keys that this node has open and that were destroyed on another.</summary>
internal sealed class DestroyedKeyWatch(KeyVault vault, IStateStore states, TimeProvider time, ILogger<DestroyedKeyWatch> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly RepeatedWork _work = new(
        log,
        time,
        "Keys that were destroyed elsewhere are looked for again.",
        "Keys that were destroyed elsewhere could not be looked for, and will be.",
        "Keys that were destroyed elsewhere could not be looked for, and will be: fix the cause.");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _work.RepeatAsync(Interval, CloseAsync, stoppingToken);

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        var open = vault.ListOpen(KeyPurpose.CodeSigning);
        if (open.Count == 0)
        {
            return;
        }

        var rows = await states.ReadManyAsync(
            [.. open.Select(reference => (StateTypes.Key, SealedKeyStates.Id(reference)))], cancellationToken);
        var present = rows.Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in open.Where(reference => !present.Contains(SealedKeyStates.Id(reference))))
        {
            vault.Close(gone, KeyPurpose.CodeSigning);
        }
    }
}
