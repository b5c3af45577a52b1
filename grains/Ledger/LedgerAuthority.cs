using CodeSigning.Errors;
using CodeSigning.Grains.Recording;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Ledger;

/// <summary>Who may see and take out the whole ledger: product administrators. Taking it out is itself an entry.</summary>
public sealed class LedgerAuthority(ILedger ledger, TimeProvider time)
{
    /// <summary>Refuses all but product administrators.</summary>
    public static void DemandReader(Caller caller)
    {
        if (caller.Role != ProductRole.Admin)
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "Only product administrators read the whole ledger. Name a signer that you may read.");
        }
    }

    /// <summary>Writes the entry of an export before its first byte leaves.</summary>
    /// <exception cref="CommitRefusedException">The caller is not any more who it was.</exception>
    public async Task RecordExportAsync(
        Caller caller, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        DemandReader(caller);
        var exported = Changes.None.Saying("exported", new { From = from, To = to });
        await ledger.RecordAsync(
            Change.By(caller, "ledger.export", "ledger", "entries", exported, time), cancellationToken);
    }
}
