using CodeSigning.Gateway.Api.Signers;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>The ledger, for product administrators; and a signer's part of it, for whoever may read the signer.</summary>
internal static class LedgerEndpoints
{
    public static void MapLedgerEndpoints(this IEndpointRouteBuilder ledger)
    {
        ledger.MapGet("/entries", ListAsync).WithName("ListEntries").Produces<EntryPageBody>();
        ledger.MapEvidenceEndpoints();
    }

    /// <summary>Lists entries, newest first. Without a signer, product administrators only.</summary>
    internal static async Task<IResult> ListAsync(
        ApiCall call,
        SignerIds signers,
        SignerDirectory directory,
        [AsParameters] PageQuery page,
        string? kind,
        string? outcome,
        string? signer,
        string? from,
        string? to,
        LedgerSearches searches)
    {
        var query = new LedgerQuery(
            Kind: EntryFilter.ParseKind(kind),
            Outcome: EntryFilter.ParseOutcome(outcome, nameof(outcome)),
            SignerId: signer is null ? null : await signers.FindAsync(signer, call.Aborted),
            From: EntryFilter.ParseTime(from, nameof(from)),
            To: EntryFilter.ParseTime(to, nameof(to)),
            Before: page.GetBefore(IdPrefixes.Operation),
            Limit: page.GetLimit());
        await call.AskAsync(caller => DemandReaderAsync(call, directory, caller, query.SignerId));
        return await searches.ListAsync(call.CallerId, query, call.Aborted);
    }

    private static async Task DemandReaderAsync(
        ApiCall call, SignerDirectory directory, Caller caller, string? signerId)
    {
        if (signerId is not null)
        {
            await directory.AuthorizeAsync(caller, signerId, SignerAction.Read, call.Aborted);
        }
        else
        {
            LedgerAuthority.DemandReader(caller);
        }
    }
}
