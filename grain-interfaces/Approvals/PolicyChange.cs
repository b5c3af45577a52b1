using CodeSigning.Policies;

namespace CodeSigning.Approvals;

/// <summary>The change of policy that a request asks for.</summary>
/// <param name="PolicyId">The policy in force, under which the request is decided.</param>
/// <param name="NewPolicyId">The policy that shall take its place on the signer; null to detach.</param>
/// <param name="NewDefinition">What the policy shall say instead, for an edit.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyChange")]
public sealed record PolicyChange(
    [property: Id(0)] string PolicyId,
    [property: Id(1)] string? NewPolicyId = null,
    [property: Id(2)] PolicyDefinition? NewDefinition = null);
