using CodeSigning.Gateway.Limits;
using CodeSigning.Grains.Ledger;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>
/// Pages of the ledger. A caller's searches are done one at a time: what several filters together find little of, among
/// millions of entries that one of them finds, takes as long as those are many.
/// </summary>
internal sealed class LedgerSearches(ILedgerReader ledger)
{
    private readonly CallerTurns _turns = new();

    /// <summary>Reads one page and tells whether there is another.</summary>
    public Task<EntryPage> ListAsync(string callerId, LedgerQuery query, CancellationToken cancellationToken) =>
        _turns.TakeAsync(callerId, () => ListAsync(query, cancellationToken), cancellationToken);

    private async Task<EntryPage> ListAsync(LedgerQuery query, CancellationToken cancellationToken)
    {
        var entries = await ledger.ListAsync(query with { Limit = query.Limit + 1 }, cancellationToken);
        return entries.Count <= query.Limit
            ? new EntryPage(entries, null)
            : new EntryPage([.. entries.Take(query.Limit)], entries[query.Limit - 1].OperationId);
    }
}
