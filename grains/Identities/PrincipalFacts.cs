using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>What a decision needs to know of a person or a machine identity, and the version that it knows.</summary>
/// <param name="Version">The version; 0 where there is no such principal.</param>
/// <param name="Name">Its name; empty where there is none.</param>
/// <param name="Status">Whether it may act; disabled where there is none.</param>
/// <param name="VotesFrom">A person's votes count on requests made after this (UTC); null for all.</param>
public sealed record PrincipalFacts(
    StateVersion Version, string Name, PrincipalStatus Status, DateTimeOffset? VotesFrom = null)
{
    /// <summary>Whether there is such a principal.</summary>
    public bool Exists => Version.Version != 0;

    /// <summary>Whether there is such a principal, and it may act.</summary>
    public bool IsActive => Exists && Status == PrincipalStatus.Active;
}

/// <summary>What a decision needs to know of a group, and the version that it knows.</summary>
/// <param name="Version">The group's version; 0 where there is no such group.</param>
/// <param name="Members">Its people and machine identities; groups do not nest.</param>
public sealed record GroupFacts(StateVersion Version, ImmutableArray<PrincipalRef> Members);

/// <summary>Who could act as a machine identity because they made what it logs in with.</summary>
/// <param name="Version">The identity's version: it changes with each secret made or revoked and with the OIDC binding.</param>
/// <param name="UserIds">The people who made a client secret that still works, or who last set the OIDC binding.</param>
public sealed record CredentialMakers(StateVersion Version, ImmutableArray<string> UserIds);

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
