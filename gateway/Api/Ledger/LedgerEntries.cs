using CodeSigning.Errors;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Identifiers;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>Which entries of the ledger to list, as a query gives it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Signer">The signer's id or name.</param>
/// <param name="From">The earliest time.</param>
/// <param name="To">The time before which they are.</param>
internal sealed record LedgerFilter(string? Kind, string? Outcome, string? Signer, string? From, string? To);

/// <summary>Reads the ledger's entries: all of them for product administrators, a signer's for its readers.</summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
internal sealed class LedgerEntries(SignerIds signers, SignerDirectory directory, LedgerAuthority authority, LedgerSearches searches)
{
    /// <summary>One page, newest first.</summary>
    public async Task<EntryPage> ListAsync(ApiCall call, LedgerFilter filter, PageQuery page) =>
        await ListAsync(call, filter, page.GetBefore(IdPrefixes.Operation), page.GetLimit());

    /// <summary>All of them as a file. The ledger records an export that is of no one signer.</summary>
    public async Task<EntryFile> ExportAsync(ApiCall call, LedgerFilter filter, EntryFileFormat format)
    {
        if (filter.Signer is null)
        {
            var query = await ReadAsync(call, filter, before: null, limit: 1);
            await call.AskAsync(caller => authority.RecordExportAsync(caller, query.From, query.To, call.Aborted));
        }

        return await EntryFile.BeginAsync("ledger-entries", format, before => ListAsync(call, filter, before, EntryFile.EntriesAtOnce));
    }

    private async Task<EntryPage> ListAsync(ApiCall call, LedgerFilter filter, string? before, int limit)
    {
        var query = await ReadAsync(call, filter, before, limit);
        await call.AskAsync(async caller =>
        {
            if (query.SignerId is null)
            {
                LedgerAuthority.RequireReader(caller);
            }
            else
            {
                await directory.AuthorizeAsync(caller, query.SignerId, SignerAction.Read, call.Aborted);
            }
        });
        return await searches.ListAsync(call.CallerId, query, call.Aborted);
    }

    private async Task<LedgerQuery> ReadAsync(ApiCall call, LedgerFilter filter, string? before, int limit) => new(
        Kind: EntryFilter.ParseKind(filter.Kind),
        Outcome: EntryFilter.ParseOutcome(filter.Outcome, "outcome"),
        SignerId: filter.Signer is null ? null : await signers.FindAsync(filter.Signer, call.Aborted),
        From: EntryFilter.ParseTime(filter.From, "from"),
        To: EntryFilter.ParseTime(filter.To, "to"),
        Before: before,
        Limit: limit);
}
