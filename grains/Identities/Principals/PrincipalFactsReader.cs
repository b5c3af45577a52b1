using CodeSigning.Grains.Identities.Groups;
using CodeSigning.Grains.Identities.Machines;
using CodeSigning.Grains.Identities.Users;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Identities.Principals;

/// <summary>Reads people, machine identities and groups fresh from the store, as decisions need them.</summary>
public sealed class PrincipalFactsReader(IStateStore store, TimeProvider time)
{
    /// <summary>The row of a principal; what is neither a person, a machine identity nor a group has none.</summary>
    public static (string Type, string Id) KeyOf(PrincipalRef principal) => (TypeOf(principal.Kind), principal.Id);

    /// <summary>The kind of state that a kind of principal has.</summary>
    public static string TypeOf(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => StateTypes.User,
        PrincipalKind.Identity => StateTypes.Identity,
        PrincipalKind.Group => StateTypes.Group,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>A person or a machine identity among rows that were read.</summary>
    public static PrincipalFacts Of(StateRows rows, PrincipalRef principal)
    {
        var (type, id) = KeyOf(principal);
        var (name, status, votesFrom) = principal.Kind == PrincipalKind.User
            ? rows.Find<UserState>(type, id) is { State: var user } ? (user.Name, user.Status, user.VotesFrom) : default
            : rows.Find<IdentityState>(type, id) is { State: var identity } ? (identity.Name, identity.Status, null) : default;
        return name is null
            ? new PrincipalFacts(new StateVersion(type, id, 0), "", PrincipalStatus.Disabled)
            : new PrincipalFacts(rows.VersionOf(type, id), name, status, votesFrom);
    }

    /// <summary>A group among rows that were read.</summary>
    public static GroupFacts GroupOf(StateRows rows, string groupId) => new(
        rows.VersionOf(StateTypes.Group, groupId), rows.Find<GroupState>(StateTypes.Group, groupId)?.State.Members ?? []);

    /// <summary>A person or a machine identity by now.</summary>
    public async Task<PrincipalFacts> FindAsync(PrincipalRef principal, CancellationToken cancellationToken) =>
        Of(await StateRows.ReadAsync(store, [KeyOf(principal)], cancellationToken), principal);

    /// <summary>The people who can act as a machine identity because they made what it logs in with; nobody for a person.</summary>
    public async Task<CredentialMakers?> FindMakersAsync(PrincipalRef principal, CancellationToken cancellationToken)
    {
        if (principal.Kind != PrincipalKind.Identity)
        {
            return null;
        }

        var identity = await store.FindAsync<IdentityState>(StateTypes.Identity, principal.Id, cancellationToken);
        var now = time.GetUtcNow();
        var makers =
            from secret in identity?.State.KnownSecrets ?? []
            where secret.CreatedBy.Kind == PrincipalKind.User && !(secret.ExpiresAt <= now)
            select secret.CreatedBy.Id;
        return new CredentialMakers(
            identity?.ToVersion() ?? new StateVersion(StateTypes.Identity, principal.Id, 0),
            [.. makers.Concat(identity?.State.OidcSetBy is { } setBy ? [setBy] : []).Distinct()]);
    }
}
