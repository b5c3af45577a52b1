using CodeSigning.Contract;
using CodeSigning.Gateway.Calls;
using CodeSigning.Grains.Signers;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>Finds signers by a part of their name, description or certificate among those that a caller may see.</summary>
internal sealed class SignerSearch(SignerDirectory directory)
{
    private const int ReadAtOnce = 100;
    private const int MostRead = 1000;

    /// <summary>
    /// One page, newest first. It reads at most a thousand signers; <c>Next</c> continues, so a page may hold fewer than
    /// there are.
    /// </summary>
    /// <param name="call">The request.</param>
    /// <param name="text">The part; null for all.</param>
    /// <param name="before">The last id of the previous page.</param>
    /// <param name="limit">The page size.</param>
    public async Task<Page<SignerView>> FindAsync(ApiCall call, string? text, string? before, int limit)
    {
        if (text is null)
        {
            return await call.AskAsync(caller => directory.ListAsync(caller, before, limit, call.Aborted));
        }

        List<SignerView> found = [];
        for (var read = 0; read < MostRead; read += ReadAtOnce)
        {
            var cursor = before;
            var page = await call.AskAsync(caller => directory.ListAsync(caller, cursor, ReadAtOnce, call.Aborted));
            found.AddRange(page.Items.Where(signer => Has(signer, text)));
            if (found.Count > limit)
            {
                return new Page<SignerView>([.. found.Take(limit)], found[limit - 1].Id);
            }

            before = page.Next;
            if (before is null)
            {
                break;
            }
        }

        return new Page<SignerView>(found, before);
    }

    private static bool Has(SignerView signer, string text) =>
        Has(signer.Name, text) || Has(signer.Description, text) || Has(signer.CertificateSubject, text);

    private static bool Has(string? where, string text) => where?.Contains(text, StringComparison.OrdinalIgnoreCase) == true;
}
