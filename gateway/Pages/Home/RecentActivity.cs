using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Api.Signers;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Pages.Home;

/// <summary>
/// Reads the newest attempts to sign that a caller may see, at a cost that does not grow with the ledger: product
/// administrators see all, others those of the newest of their signers.
/// </summary>
internal sealed class RecentActivity(LedgerSearches searches, SignerActivity activity)
{
    /// <summary>The most that are read.</summary>
    public const int MostEntries = 100;

    private const int MostSigners = 5;

    /// <summary>The entries, newest first, and whether they are all since that time.</summary>
    /// <param name="call">The request.</param>
    /// <param name="signers">The caller's signers, newest first.</param>
    /// <param name="since">The earliest time (UTC).</param>
    public async Task<(IReadOnlyList<EntryBody> Entries, bool IsAll)> ReadAsync(
        ApiCall call, IReadOnlyList<SignerView> signers, DateTimeOffset since)
    {
        var isReader = await call.AskAsync(caller => Task.FromResult(caller.Role == ProductRole.Admin));
        var pages = isReader
            ? [await searches.ListAsync(call.CallerId, new LedgerQuery(EntryKind.Sign, From: since, Limit: MostEntries), call.Aborted)]
            : await ReadSignersAsync(call, [.. signers.OrderByDescending(signer => signer.LastSignedAt).Take(MostSigners)], since);
        var entries = pages.SelectMany(page => page.Entries).Select(EntryBody.Read)
            .Where(entry => entry.Kind == EntryKind.Sign)
            .OrderByDescending(entry => entry.OperationId, StringComparer.Ordinal)
            .Take(MostEntries)
            .ToArray();
        return (entries, pages.All(page => page.Next is null) && (isReader || signers.Count <= MostSigners));
    }

    private async Task<List<EntryPage>> ReadSignersAsync(ApiCall call, IReadOnlyList<SignerView> signers, DateTimeOffset since)
    {
        List<EntryPage> pages = [];
        foreach (var signer in signers)
        {
            var filter = new ActivityFilter(null, null, since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture), null, null);
            pages.Add(await activity.ListAsync(new SignerCall(call, signer.Id), filter, new PageQuery(null, null)));
        }

        return pages;
    }
}
