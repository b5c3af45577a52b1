using System.Globalization;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>A signing policy as it is stored.</summary>
public sealed record PolicyState : IIndexedState
{
    /// <summary>The policy's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>What it says; durations in their shortest spelling.</summary>
    public PolicyDefinition Definition { get; init; } = new("", new PolicyConstraints(), []);

    /// <summary>
    /// Whether a request was ever approved under it. The commit of that approval sets it, not the policy's own grain: so
    /// there is no moment in which a grant exists and the policy can still be loosened freely.
    /// </summary>
    public bool Guarded { get; init; }

    /// <summary>The request for a change that allows more.</summary>
    public string? PendingChangeRequestId { get; init; }

    /// <summary>Whether its deletion has begun: no signer takes it any more.</summary>
    public bool IsRetired { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The write by which the first approval under the policy makes it guard itself; none where it does already.</summary>
    public static StateWrite[] Guard(Row<PolicyState> policy) =>
        policy.State.Guarded ? [] : [policy.Replace(policy.State with { Guarded = true })];

    /// <summary>What entries record of a definition. Steps are named by their numbers, since their order counts.</summary>
    public static object ToRecord(PolicyDefinition definition) => new
    {
        definition.Name,
        definition.Constraints.MaxWindowDuration,
        definition.Constraints.MaxSignings,
        Steps = definition.Steps
            .Select((step, index) => KeyValuePair.Create((index + 1).ToString(CultureInfo.InvariantCulture), step))
            .ToDictionary(),
        definition.MaxRequestTtl,
        definition.BypassForMachineIdentities,
        definition.DistinctApproversAcrossSteps,
    };

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Name: Definition.Name,
        Status: IsRetired ? "retired" : "active",
        Links: [.. Definition.Steps.SelectMany(step => step.Approvers).Select(approver => approver.ToLink()).Distinct()]);
}

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
