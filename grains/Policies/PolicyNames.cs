using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Policies;

/// <summary>
/// Signing policies by their unique names: the names to show beside ids, and the ids that names stand for. Only people may
/// look them up.
/// </summary>
public sealed class PolicyNames
{
    private readonly Dictionary<string, string> _names;

    private PolicyNames(Dictionary<string, string> names) => _names = names;

    /// <summary>Reads the names that the caller may see, in one round trip.</summary>
    public static async Task<PolicyNames> ReadAsync(
        IStateStore store, Caller caller, IEnumerable<string?> policyIds, CancellationToken cancellationToken)
    {
        if (!ProductAuthority.MayRead(caller))
        {
            return new PolicyNames([]);
        }

        var ids = policyIds.OfType<string>().ToHashSet(StringComparer.Ordinal);
        var rows = await StateRows.ReadAsync(store, ids.Select(id => (StateTypes.Policy, id)), cancellationToken);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            if (rows.Find<PolicyState>(StateTypes.Policy, id) is { } policy)
            {
                names.Add(id, policy.State.Definition.Name);
            }
        }

        return new PolicyNames(names);
    }

    /// <summary>The id of a policy in a request's path; a well-formed id is not checked for existence.</summary>
    /// <exception cref="RefusedException"><c>NotFound</c>; <c>Forbidden</c> if the caller may not look up names.</exception>
    public static async Task<string> FindIdAsync(
        IStateStore store, Caller caller, string idOrName, CancellationToken cancellationToken) =>
        await TryFindIdAsync(store, caller, idOrName, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The signing policy does not exist: expected an id or name.");

    /// <summary>The id that a policy's id or name stands for; null if no policy has the name.</summary>
    /// <exception cref="RefusedException"><c>Forbidden</c>: the caller may not look up names.</exception>
    public static async Task<string?> TryFindIdAsync(
        IStateStore store, Caller caller, string given, CancellationToken cancellationToken)
    {
        var idOrName = PastedText.Trim(given);
        if (EntityId.Is(IdPrefixes.Policy, idOrName))
        {
            return idOrName;
        }

        ProductAuthority.RequireReader(caller);
        return DisplayText.IsName(idOrName)
            ? (await store.FindByNameAsync<PolicyState>(StateTypes.Policy, idOrName, cancellationToken))?.Id
            : null;
    }

    /// <summary>The name of a policy; null if it does not exist or is not shown.</summary>
    public string? Find(string? policyId) => policyId is null ? null : _names.GetValueOrDefault(policyId);
}
