using CodeSigning.Ledger;

namespace CodeSigning.Policies;

/// <summary>What decisions need to know of a policy, and the version that it knows.</summary>
/// <param name="Version">The policy's version.</param>
/// <param name="Definition">What it says.</param>
/// <param name="Guarded">Whether a request was ever approved under it.</param>
/// <param name="IsRetired">Whether its deletion has begun: no signer takes it any more.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyFacts")]
public sealed record PolicyFacts(
    [property: Id(0)] StateVersion Version,
    [property: Id(1)] PolicyDefinition Definition,
    [property: Id(2)] bool Guarded,
    [property: Id(3)] bool IsRetired = false);
