using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Who may manage people, machine identities and groups: the one place that decides it. Product administrators and the
/// service itself manage them. Other people see ids and names, which they need to name members of their signers and
/// approvers of their policies. Machine identities see themselves alone: a token that leaks from a CI must not list a
/// company's people.
/// </summary>
internal static class ProductAuthority
{
    /// <summary>Refuses all but product administrators and the service itself.</summary>
    public static void RequireAdministrator(Caller caller)
    {
        if (!IsAdministrator(caller))
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only product administrators may do this.");
        }
    }

    /// <summary>Refuses all who may not even see names.</summary>
    public static void RequireReader(Caller caller)
    {
        if (!IsAdministrator(caller) && caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Machine identities may not look up others.");
        }
    }

    /// <summary>Whether the caller sees all there is to see of a principal.</summary>
    public static bool MaySeeAll(Caller caller, string principalId) => IsAdministrator(caller) || caller.Id == principalId;

    /// <summary>Refuses an act on a principal that only that principal itself may do.</summary>
    public static void RequireSelf(Caller caller, string principalId)
    {
        if (caller.Id != principalId)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only its owner may do this.");
        }
    }

    private static bool IsAdministrator(Caller caller) => caller.Role == ProductRole.Admin;
}

/// <summary>Who may see and take out the whole ledger: product administrators. Taking it out is itself an entry.</summary>
public sealed class LedgerAuthority(ILedger ledger, TimeProvider time)
{
    /// <summary>Refuses all but product administrators.</summary>
    public static void RequireReader(Caller caller)
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
        RequireReader(caller);
        var exported = Changes.None.Saying("exported", new { From = from, To = to });
        await ledger.RecordAsync(
            Change.By(caller, "ledger.export", "ledger", "entries", exported, time), cancellationToken);
    }
}
