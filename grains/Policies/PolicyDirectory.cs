using CodeSigning.Contract;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>Reads policies from the rows that their grains write.</summary>
public sealed class PolicyDirectory(IStateStore store)
{
    /// <summary>One page, newest first.</summary>
    /// <param name="caller">Who asks; people see policies, machine identities do not.</param>
    /// <param name="before">The last id of the page before; null for the first page.</param>
    /// <param name="limit">At most so many, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<Page<PolicyView>> ListAsync(
        Caller caller, string? before, int limit, CancellationToken cancellationToken)
    {
        ProductAuthority.DemandReader(caller);
        var page = await store.ReadPageAsync(
            new StateQuery(StateTypes.Policy, Before: before, Limit: limit), cancellationToken);
        return new Page<PolicyView>([.. page.Items.Select(row => row.ReadAs<PolicyState>().ToView())], page.Next);
    }
}
