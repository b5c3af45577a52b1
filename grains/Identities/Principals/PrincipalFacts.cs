using System.Collections.Immutable;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Identities.Principals;

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
