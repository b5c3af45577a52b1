using System.Globalization;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>A stored signing policy.</summary>
public sealed record PolicyState : IIndexedState
{
    /// <summary>The policy's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its normalized definition.</summary>
    public PolicyDefinition Definition { get; init; } = new("", new PolicyConstraints(), []);

    /// <summary>
    /// Whether a request was ever approved under it. It is set in the commit of that approval, so that at no time a
    /// grant exists while the policy can be loosened without approval.
    /// </summary>
    public bool Guarded { get; init; }

    /// <summary>The pending request for a change that allows more.</summary>
    public string? PendingChangeRequestId { get; init; }

    /// <summary>Whether its deletion has begun; it can no longer be attached to signers.</summary>
    public bool IsRetired { get; init; }

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who created it.</summary>
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <summary>The write that makes the policy guard itself after its first approval; none if it already does.</summary>
    public static StateWrite[] Guard(Row<PolicyState> policy) =>
        policy.State.Guarded ? [] : [policy.Replace(policy.State with { Guarded = true })];

    /// <summary>
    /// The part of a definition that ledger entries record. Steps are keyed by number, since their order matters.
    /// </summary>
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
        definition.SecondFactorWithin,
    };

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Name: Definition.Name,
        Status: IsRetired ? "retired" : "active",
        Links: [.. Definition.Steps.SelectMany(step => step.Approvers).Select(approver => approver.ToLink()).Distinct()]);
}

/// <summary>Views of policies. Pure functions.</summary>
public static class PolicyViews
{
    /// <summary>The policy's view.</summary>
    public static PolicyView ToView(this PolicyState policy, PrincipalNames names) => new(
        policy.Id,
        policy.Definition.Name,
        policy.Definition.Constraints,
        [.. policy.Definition.Steps.Select(step => step with { Approvers = [.. step.Approvers.Select(names.Show)] })],
        policy.Definition.MaxRequestTtl!,
        policy.Definition.BypassForMachineIdentities,
        policy.Definition.DistinctApproversAcrossSteps,
        policy.Definition.SecondFactorWithin,
        policy.Guarded,
        policy.PendingChangeRequestId,
        policy.CreatedAt,
        names.Show(policy.CreatedBy));
}
