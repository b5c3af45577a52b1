using CodeSigning.Errors;
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
    public static void DemandAdministrator(Caller caller)
    {
        if (!IsAdministrator(caller))
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only product administrators may do this.");
        }
    }

    /// <summary>Refuses all who may not even see names.</summary>
    public static void DemandReader(Caller caller)
    {
        if (!IsAdministrator(caller) && caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Machine identities may not look up others.");
        }
    }

    /// <summary>Whether the caller sees all there is to see of a principal.</summary>
    public static bool MaySeeAll(Caller caller, string principalId) => IsAdministrator(caller) || caller.Id == principalId;

    /// <summary>Refuses an act on a principal that only that principal itself may do.</summary>
    public static void DemandSelf(Caller caller, string principalId)
    {
        if (caller.Id != principalId)
        {
            throw new RefusedException(ErrorCode.Forbidden, "Only its owner may do this.");
        }
    }

    private static bool IsAdministrator(Caller caller) => caller.Role == ProductRole.Admin;
}
