using System.Collections.Immutable;

namespace CodeSigning.Policies;

/// <summary>What a signing policy says; the body of its creation and of its replacement.</summary>
/// <param name="Name">1 to 64 characters; no two policies have the same.</param>
/// <param name="Constraints">The most that may be asked for.</param>
/// <param name="Steps">The steps in their order, 1 to 10.</param>
/// <param name="MaxRequestTtl">How long a request may wait, such as <c>1d</c>; 7 days if not given.</param>
/// <param name="BypassForMachineIdentities">Machine identities sign without request and without grant.</param>
/// <param name="DistinctApproversAcrossSteps">Nobody's approval counts in two steps of one request.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyDefinition")]
public sealed record PolicyDefinition(
    [property: Id(0)] string Name,
    [property: Id(1)] PolicyConstraints Constraints,
    [property: Id(2)] ImmutableArray<ApprovalStep> Steps,
    [property: Id(3)] string? MaxRequestTtl = null,
    [property: Id(4)] bool BypassForMachineIdentities = false,
    [property: Id(5)] bool DistinctApproversAcrossSteps = false);
