using System.Collections.Immutable;
using CodeSigning.Grains.Identities.Logins;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Identities.Sessions;

/// <summary>A session to be begun, and what the login rests on.</summary>
internal sealed record NewSession
{
    public required PrincipalRef Principal { get; init; }

    public required long Generation { get; init; }

    public required LoginOrigin Origin { get; init; }

    /// <summary>The versions that the login rests on: one that races with the principal's disabling is refused.</summary>
    public required ImmutableArray<StateVersion> Basis { get; init; }

    /// <summary>The latest end, where the credential's own end bounds it.</summary>
    public DateTimeOffset? LatestEnd { get; init; }

    public string? SecretId { get; init; }

    public long? BindingGeneration { get; init; }

    public string? Subject { get; init; }

    /// <summary>The login's count, where the credential is good for a number of them.</summary>
    public CounterUse? Use { get; init; }

    /// <summary>What is written with the session.</summary>
    public StateWrite? AlsoWrite { get; init; }
}
