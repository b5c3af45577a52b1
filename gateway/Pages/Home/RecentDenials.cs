using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Gateway.Api.Signers;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Pages.Home;

/// <summary>
/// Reads the newest denials that a caller may see, at a cost that does not grow with the ledger: product administrators see all,
/// others those of the newest of their signers.
/// </summary>
internal sealed class RecentDenials(LedgerSearches searches, SignerActivity activity)
{
    private const int MostSigners = 5;

    /// <summary>The denials, newest first.</summary>
    /// <param name="call">The request.</param>
    /// <param name="signers">The caller's signers.</param>
    /// <param name="count">How many at most.</param>
    public async Task<IReadOnlyList<EntryBody>> ReadAsync(ApiCall call, IReadOnlyList<SignerView> signers, int count)
    {
        var isReader = await call.AskAsync(caller => Task.FromResult(caller.Role == ProductRole.Admin));
        var entries = isReader
            ? (await searches.ListAsync(call.CallerId, new LedgerQuery(EntryKind.Sign, EntryOutcome.Denied, Limit: count), call.Aborted)).Entries
            : await ReadSignersAsync(call, signers.OrderByDescending(signer => signer.LastSignedAt).Take(MostSigners), count);
        return [.. entries.Select(EntryBody.Read).OrderByDescending(entry => entry.At).Take(count)];
    }

    private async Task<List<LedgerEntry>> ReadSignersAsync(ApiCall call, IEnumerable<SignerView> signers, int count)
    {
        List<LedgerEntry> entries = [];
        foreach (var signer in signers)
        {
            var filter = new ActivityFilter("denied", null, null, null, null);
            var page = await activity.ListAsync(
                new SignerCall(call, signer.Id), filter, new PageQuery(count.ToString(System.Globalization.CultureInfo.InvariantCulture), null));
            entries.AddRange(page.Entries);
        }

        return entries;
    }
}
