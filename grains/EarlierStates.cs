using CodeSigning.Grains.Grants;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Grains;

/// <summary>
/// Upgrades rows of earlier releases at start-up: adds a sealed use count to each grant and to each client secret of
/// limited use, and the ids of the client secrets to each identity's row. Rows already upgraded are never derived from
/// unsealed columns again: a missing count then means that it was deleted.
/// </summary>
public sealed class EarlierStates(
    IStateStore store, ILedger ledger, ILedgerReader entries, TimeProvider time, ILogger<EarlierStates> logger)
{
    private const string MarkerId = "sealed-counts";
    private const int PageSize = 200;
    private const int MaxRounds = 16;

    /// <summary>Upgrades the store unless that is done; several nodes may run it concurrently.</summary>
    /// <exception cref="StateTamperedException">A row was changed outside the service.</exception>
    public async Task UpgradeAsync(CancellationToken cancellationToken)
    {
        // The marker only saves the search; the upgrade itself is idempotent.
        if (await store.ReadAsync(StateTypes.Upgrade, MarkerId, cancellationToken) is not null)
        {
            return;
        }

        var grants = await UpgradeAllAsync<GrantState>(StateTypes.Grant, UpgradeAsync, cancellationToken);
        var identities = await UpgradeAllAsync<IdentityState>(StateTypes.Identity, UpgradeAsync, cancellationToken);
        if (grants + identities > 0)
        {
            logger.LogInformation(
                "Upgraded the store of an earlier release: {Grants} grants and {Identities} machine identities were sealed again", grants, identities);
        }

        var marker = new StateWrite(StateTypes.Upgrade, MarkerId, 0, "{}"u8.ToArray(), StateIndex.None);
        await ledger.CommitAsync(new LedgerElement { Writes = [marker] }, cancellationToken);
    }

    private async Task<int> UpgradeAllAsync<TState>(
        string type, Func<Row<TState>, CancellationToken, Task<IReadOnlyList<StateWrite>>> upgrade, CancellationToken cancellationToken)
        where TState : class, IIndexedState
    {
        var upgraded = 0;
        string? before = null;
        do
        {
            (var count, before) = await UpgradePageAsync(new StateQuery(type, Before: before, Limit: PageSize), upgrade, cancellationToken);
            upgraded += count;
        }
        while (before is not null);

        return upgraded;
    }

    private async Task<(int Count, string? Next)> UpgradePageAsync<TState>(
        StateQuery query, Func<Row<TState>, CancellationToken, Task<IReadOnlyList<StateWrite>>> upgrade, CancellationToken cancellationToken)
        where TState : class, IIndexedState
    {
        for (var round = 1; ; round++)
        {
            var page = await store.ReadPageAsync(query, cancellationToken);
            List<StateWrite> writes = [];
            var count = 0;
            foreach (var row in page.Items.Select(stored => stored.ToRow<TState>()))
            {
                var some = await upgrade(row, cancellationToken);
                writes.AddRange(some);
                count += some.Count > 0 ? 1 : 0;
            }

            if (count == 0)
            {
                return (0, page.Next);
            }

            try
            {
                var upgraded = Changes.None.Saying("upgraded", new { query.Type, Count = count });
                var change = Change.By(Caller.System, "store.upgrade", StateTypes.Upgrade, MarkerId, upgraded, time);
                await ledger.RecordAsync(change.Writing(writes), cancellationToken);
                return (count, page.Next);
            }
            catch (CommitRefusedException) when (round < MaxRounds)
            {
                // Another node upgraded rows of the same page: read it again.
            }
        }
    }

    private async Task<IReadOnlyList<StateWrite>> UpgradeAsync(Row<GrantState> grant, CancellationToken cancellationToken)
    {
        if (grant.State.IsCounted)
        {
            return [];
        }

        var last = await entries.FindLastUseAsync(grant.Id, cancellationToken);
        return
        [
            grant.Replace(grant.State with { IsCounted = true }),
            StateWrite.New(StateTypes.UseCount, grant.Id, new UseCountState(last?.Use ?? 0, last?.EntryHash)),
        ];
    }

    private async Task<IReadOnlyList<StateWrite>> UpgradeAsync(Row<IdentityState> identity, CancellationToken cancellationToken)
    {
        if (identity.State.Secrets is not null)
        {
            return [];
        }

        var stored = await store.ListAsync(
            new StateQuery(StateTypes.ClientSecret, Parent: identity.Id, Limit: IdentityService.MaxSecrets), cancellationToken);
        var secrets = stored.Select(secret => secret.ToRow<ClientSecretState>()).ToArray();
        List<StateWrite> writes =
        [
            identity.Replace(identity.State with
            {
                Secrets = [.. secrets.Select(secret => new IssuedSecret(secret.Id, secret.State.CreatedBy, secret.State.ExpiresAt))],
            }),
        ];
        foreach (var secret in secrets.Where(secret => secret.State.MaxUses is not null))
        {
            var used = await entries.ReadUnsealedCountAsync(secret.Id, cancellationToken);
            writes.Add(StateWrite.New(StateTypes.UseCount, secret.Id, new UseCountState(used)));
        }

        return writes;
    }
}
