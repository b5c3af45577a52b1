using CodeSigning.Grains.Ledger;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>Pages of the ledger.</summary>
internal static class LedgerPages
{
    /// <summary>Reads one page and tells whether there is another.</summary>
    public static async Task<EntryPage> ListPageAsync(
        this ILedgerReader ledger, LedgerQuery query, CancellationToken cancellationToken)
    {
        var entries = await ledger.ListAsync(query with { Limit = query.Limit + 1 }, cancellationToken);
        return entries.Count <= query.Limit
            ? new EntryPage(entries, null)
            : new EntryPage([.. entries.Take(query.Limit)], entries[query.Limit - 1].OperationId);
    }
}
