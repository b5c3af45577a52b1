using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>
/// The current names of people, machine identities and groups, to show beside their ids. Machine identities are shown
/// none: a leaked CI token must not list a company's people. Immutable.
/// </summary>
public sealed class PrincipalNames
{
    private readonly Dictionary<PrincipalRef, string> _names;

    private PrincipalNames(Dictionary<PrincipalRef, string> names) => _names = names;

    /// <summary>Reads the names that the caller may see, in one round trip.</summary>
    public static async Task<PrincipalNames> ReadAsync(
        IStateStore store, Caller caller, IEnumerable<PrincipalRef?> principals, CancellationToken cancellationToken)
    {
        if (!ProductAuthority.MayRead(caller))
        {
            return new PrincipalNames([]);
        }

        var wanted = principals.OfType<PrincipalRef>().Where(principal => principal.IsWellFormed()).ToHashSet();
        var rows = await StateRows.ReadAsync(store, wanted.Select(PrincipalFactsReader.KeyOf), cancellationToken);
        var names = new Dictionary<PrincipalRef, string>();
        foreach (var principal in wanted)
        {
            if (FindIn(rows, principal) is { } name)
            {
                names.Add(principal, name);
            }
        }

        return new PrincipalNames(names);
    }

    /// <summary>The name of a principal; null if it does not exist or is not shown.</summary>
    public string? Find(PrincipalRef principal) => _names.GetValueOrDefault(principal);

    /// <summary>The reference with the principal's name; without one if it is not shown.</summary>
    public PrincipalRef Show(PrincipalRef principal) => new(principal.Kind, principal.Id) { Name = Find(principal) };

    private static string? FindIn(StateRows rows, PrincipalRef principal)
    {
        var (type, id) = PrincipalFactsReader.KeyOf(principal);
        return principal.Kind switch
        {
            PrincipalKind.User => rows.Find<UserState>(type, id)?.State.Name,
            PrincipalKind.Identity => rows.Find<IdentityState>(type, id)?.State.Name,
            _ => rows.Find<GroupState>(type, id)?.State.Name,
        };
    }
}
