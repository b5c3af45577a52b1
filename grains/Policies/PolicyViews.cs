using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>Policies as their readers see them. Pure.</summary>
public static class PolicyViews
{
    /// <summary>The policy as it is stored.</summary>
    public static PolicyView ToView(this PolicyState policy) => new(
        policy.Id,
        policy.Definition.Name,
        policy.Definition.Constraints,
        policy.Definition.Steps,
        policy.Definition.MaxRequestTtl!,
        policy.Definition.BypassForMachineIdentities,
        policy.Definition.DistinctApproversAcrossSteps,
        policy.Guarded,
        policy.PendingChangeRequestId,
        policy.CreatedAt,
        policy.CreatedBy);
}
