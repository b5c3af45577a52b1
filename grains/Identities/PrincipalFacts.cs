using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities;

/// <summary>What a decision needs to know about a person or a machine identity, and its version.</summary>
/// <param name="Version">The version; 0 if the principal does not exist.</param>
/// <param name="Name">Its name; empty if it does not exist.</param>
/// <param name="Status">Its status; disabled if it does not exist.</param>
/// <param name="VotesFrom">
/// The time (UTC) after which a request must be created for the person's vote to count; null for any.
/// </param>
public sealed record PrincipalFacts(
    StateVersion Version, string Name, PrincipalStatus Status, DateTimeOffset? VotesFrom = null)
{
    /// <summary>Whether the principal exists.</summary>
    public bool Exists => Version.Version != 0;

    /// <summary>Whether the principal exists and is active.</summary>
    public bool IsActive => Exists && Status == PrincipalStatus.Active;
}

/// <summary>What a decision needs to know about a group, and its version.</summary>
/// <param name="Version">The group's version; 0 if it does not exist.</param>
/// <param name="Members">Its people and machine identities; groups do not nest.</param>
public sealed record GroupFacts(StateVersion Version, ImmutableArray<PrincipalRef> Members);

/// <summary>The people who could act as a machine identity because they created its credentials.</summary>
/// <param name="Version">
/// The identity's version, which changes with each secret created or revoked and with the OIDC binding.
/// </param>
/// <param name="UserIds">The people who created a valid client secret or last set the OIDC binding.</param>
public sealed record CredentialMakers(StateVersion Version, ImmutableArray<string> UserIds);

/// <summary>Reads the people, machine identities and groups that decisions need, uncached.</summary>
public sealed class PrincipalFactsReader(IStateStore store, TimeProvider time)
{
    /// <summary>The key of a principal's row.</summary>
    public static (string Type, string Id) KeyOf(PrincipalRef principal) => (TypeOf(principal.Kind), principal.Id);

    /// <summary>The state type of a kind of principal.</summary>
    private static string TypeOf(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => StateTypes.User,
        PrincipalKind.Identity => StateTypes.Identity,
        PrincipalKind.Group => StateTypes.Group,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>A person or a machine identity from rows already read.</summary>
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

    /// <summary>A group from rows already read.</summary>
    public static GroupFacts GroupOf(StateRows rows, string groupId) => new(
        rows.VersionOf(StateTypes.Group, groupId), rows.Find<GroupState>(StateTypes.Group, groupId)?.State.Members ?? []);

    /// <summary>A group from rows already read, with those members alone who may approve through it.</summary>
    public static GroupFacts VotersOf(StateRows rows, string groupId) => new(
        rows.VersionOf(StateTypes.Group, groupId), rows.Find<GroupState>(StateTypes.Group, groupId)?.State.Voters ?? []);

    /// <summary>The current facts of a person or a machine identity.</summary>
    public async Task<PrincipalFacts> FindAsync(PrincipalRef principal, CancellationToken cancellationToken) =>
        Of(await StateRows.ReadAsync(store, [KeyOf(principal)], cancellationToken), principal);

    /// <summary>
    /// The people who could act as a machine identity because they created its credentials; null for a person.
    /// </summary>
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
