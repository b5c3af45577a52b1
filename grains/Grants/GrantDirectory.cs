using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Grants;

/// <summary>Reads grants from the rows that their grains write; how much of them is used, the ledger counts.</summary>
public sealed class GrantDirectory(IGrainFactory grains, IStateStore store, ILedgerReader ledger, TimeProvider time)
{
    /// <summary>One page of a signer's grants, newest first, for whoever may read the signer.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="signerId">The signer.</param>
    /// <param name="before">The last id of the page before; null for the first page.</param>
    /// <param name="limit">At most so many, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<Page<GrantView>> ListAsync(
        Caller caller, string signerId, string? before, int limit, CancellationToken cancellationToken)
    {
        await grains.GetGrain<ISignerGrain>(signerId).AuthorizeAsync(caller, SignerAction.Read);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Grant, Parent: signerId, Before: before, Limit: limit), cancellationToken);
        var views = ImmutableArray.CreateBuilder<GrantView>(page.Items.Count);
        foreach (var grant in page.Items.Select(row => row.ReadAs<GrantState>()))
        {
            views.Add(GrantRules.View(grant, await ledger.CountUsesAsync(grant.Id, cancellationToken), time.GetUtcNow()));
        }

        return new Page<GrantView>(views.ToImmutable(), page.Next);
    }
}
