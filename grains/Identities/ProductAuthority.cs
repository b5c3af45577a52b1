using CodeSigning.Errors;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// Authorizes the management of people, machine identities and groups. Product administrators and the service itself
/// manage them. Other people see ids and names, which they need to select members and approvers. Machine identities see
/// only themselves: a leaked CI token must not list a company's people.
/// </summary>
internal static class ProductAuthority
{
    /// <summary>Refuses callers other than product administrators and the service itself.</summary>
    public static void RequireAdministrator(Caller caller)
    {
        if (!IsAdministrator(caller))
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only product administrators may do this.");
        }
    }

    /// <summary>Refuses callers that may not see names.</summary>
    public static void RequireReader(Caller caller)
    {
        if (!MayRead(caller))
        {
            throw new RefusedException(ErrorCode.Forbidden, "Machine identities may not look up people, groups, policies and other machine identities: give ids.");
        }
    }

    /// <summary>Whether the caller may see names.</summary>
    public static bool MayRead(Caller caller) => IsAdministrator(caller) || caller.Kind == PrincipalKind.User;

    /// <summary>Whether the caller may see a principal's details.</summary>
    public static bool MaySeeAll(Caller caller, string principalId) => IsAdministrator(caller) || caller.Id == principalId;

    /// <summary>Refuses callers other than the principal itself.</summary>
    public static void RequireSelf(Caller caller, string principalId)
    {
        if (caller.Id != principalId)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only the principal itself may do this.");
        }
    }

    private static bool IsAdministrator(Caller caller) => caller.Role == ProductRole.Admin;
}

/// <summary>
/// Authorizes reading and exporting the whole ledger: product administrators only. An export is itself an entry.
/// </summary>
public sealed class LedgerAuthority(ILedger ledger, TimeProvider time)
{
    /// <summary>Refuses callers other than product administrators.</summary>
    public static void RequireReader(Caller caller)
    {
        if (caller.Role != ProductRole.Admin)
        {
            throw new RefusedException(
                ErrorCode.Forbidden, "Only product administrators may read the whole ledger: filter by a signer that you may read.");
        }
    }

    /// <summary>Commits the entry of an export before its first byte is sent.</summary>
    /// <exception cref="CommitRefusedException">The caller's read set is stale.</exception>
    public async Task RecordExportAsync(
        Caller caller, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        RequireReader(caller);
        var exported = Changes.None.Saying("exported", new { From = from, To = to });
        await ledger.RecordAsync(
            Change.By(caller, "ledger.export", "ledger", "entries", exported, time), cancellationToken);
    }
}
