using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Identities;

/// <summary>What a decision needs to know of a group, and the version that it knows.</summary>
/// <param name="Version">The group's version; 0 where there is no such group.</param>
/// <param name="Members">Its people and machine identities; groups do not nest.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GroupFacts")]
public sealed record GroupFacts(
    [property: Id(0)] StateVersion Version, [property: Id(1)] ImmutableArray<PrincipalRef> Members);
