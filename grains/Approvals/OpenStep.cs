using System.Collections.Immutable;

namespace CodeSigning.Grains.Approvals;

/// <summary>What a step still lacks.</summary>
/// <param name="Required">How many more people.</param>
/// <param name="Candidates">Who could be one of them.</param>
public sealed record OpenStep(int Required, ImmutableHashSet<string> Candidates);
