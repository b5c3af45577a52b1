using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>A signing policy as it is stored.</summary>
[GenerateSerializer, Alias("codesigning.PolicyState")]
public sealed record PolicyState : IIndexedState
{
    /// <summary>The policy's id.</summary>
    [Id(0)]
    public string Id { get; init; } = "";

    /// <summary>What it says; durations in their shortest spelling.</summary>
    [Id(1)]
    public PolicyDefinition Definition { get; init; } = new("", new PolicyConstraints(), []);

    /// <summary>
    /// Whether a request was ever approved under it. The commit of that approval sets it, not the policy's own grain: so
    /// there is no moment in which a grant exists and the policy can still be loosened freely.
    /// </summary>
    [Id(2)]
    public bool Guarded { get; init; }

    /// <summary>The request for a change that allows more.</summary>
    [Id(3)]
    public string? PendingChangeRequestId { get; init; }

    /// <summary>Whether its deletion has begun: no signer takes it any more.</summary>
    [Id(4)]
    public bool IsRetired { get; init; }

    /// <summary>When it was made (UTC).</summary>
    [Id(5)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    [Id(6)]
    public PrincipalRef CreatedBy { get; init; } = new(PrincipalKind.System, "");

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Name: Definition.Name,
        Status: IsRetired ? "retired" : "active",
        Links: [.. Definition.Steps.SelectMany(step => step.Approvers).Select(approver => approver.ToLink()).Distinct()]);
}
