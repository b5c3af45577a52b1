using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Signers;

/// <summary>
/// Finds signers in the rows that their grains write. Whether a caller may see one, its grain decides; the rows only say
/// which are worth asking.
/// </summary>
public sealed class SignerDirectory(IGrainFactory grains, IStateStore store)
{
    private const int MostGroups = 1000;

    /// <summary>One page of the signers that the caller may see, newest first.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="before">The last id of the page before; null for the first page.</param>
    /// <param name="limit">At most so many, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<Page<SignerView>> ListAsync(
        Caller caller, string? before, int limit, CancellationToken cancellationToken)
    {
        var query = new StateQuery(StateTypes.Signer, Statuses: ["active", "disabled"], Before: before, Limit: limit);
        if (caller.Role != ProductRole.Admin)
        {
            query = query with { AnyLink = [.. await LinksAsync(caller, cancellationToken)] };
        }

        var page = await store.ReadPageAsync(query, cancellationToken);
        var views = await Task.WhenAll(page.Items.Select(row => FindAsync(caller, row.Id)));
        return new Page<SignerView>([.. views.OfType<SignerView>()], page.Next);
    }

    /// <summary>The id of the signer of a name, deleted ones too; null where no signer bears it.</summary>
    /// <exception cref="StateTamperedException">The row that is found by the name is not of this name.</exception>
    public async Task<string?> FindIdAsync(string name, CancellationToken cancellationToken)
    {
        var found = await store.ListAsync(new StateQuery(StateTypes.Signer, Name: name, Limit: 1), cancellationToken);
        if (found.Count == 0)
        {
            return null;
        }

        // What was searched is a column; what is sealed is the content.
        return found[0].ReadAs<SignerState>().Name == name
            ? found[0].Id
            : throw new StateTamperedException(StateTypes.Signer, found[0].Id);
    }

    private async Task<IEnumerable<string>> LinksAsync(Caller caller, CancellationToken cancellationToken)
    {
        var own = caller.ToRef().ToLink();
        var groups = await store.ListAsync(
            new StateQuery(StateTypes.Group, AnyLink: [own], Limit: MostGroups), cancellationToken);
        return groups.Select(group => new PrincipalRef(PrincipalKind.Group, group.Id).ToLink()).Prepend(own);
    }

    private async Task<SignerView?> FindAsync(Caller caller, string signerId)
    {
        try
        {
            return await grains.GetGrain<ISignerGrain>(signerId).GetAsync(caller);
        }
        catch (RefusedException refused) when (refused.Code == ErrorCode.NotFound)
        {
            return null; // Deleted, or left by the caller, since the row was read.
        }
    }
}
