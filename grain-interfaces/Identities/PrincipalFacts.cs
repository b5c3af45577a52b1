using CodeSigning.Ledger;

namespace CodeSigning.Identities;

/// <summary>What a decision needs to know of a person or a machine identity, and the version that it knows.</summary>
/// <param name="Version">The version; 0 where there is no such principal.</param>
/// <param name="Name">Its name; empty where there is none.</param>
/// <param name="Status">Whether it may act; disabled where there is none.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PrincipalFacts")]
public sealed record PrincipalFacts(
    [property: Id(0)] StateVersion Version, [property: Id(1)] string Name, [property: Id(2)] PrincipalStatus Status)
{
    /// <summary>Whether there is such a principal.</summary>
    public bool Exists => Version.Version != 0;
}
