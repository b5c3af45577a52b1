using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>Validates that a policy's steps can be approved by its current approvers. Pure functions.</summary>
public static class ApproverRules
{
    /// <summary>Refuses approvers that do not exist, and steps that require more distinct people than there are.</summary>
    /// <returns>The read set of the decision.</returns>
    /// <exception cref="RefusedException"><c>UnreachableApproval</c>, or <c>InvalidRequest</c>.</exception>
    public static ImmutableArray<StateVersion> Validate(PolicyDefinition definition, ApproverFacts facts)
    {
        foreach (var approver in definition.Steps.SelectMany(step => step.Approvers))
        {
            RequireExists(approver, facts);
        }

        return FindShortage(definition.Steps, definition.DistinctApproversAcrossSteps, facts) switch
        {
            null => [.. facts.Groups.Values.Select(group => group.Version)],
            { Step: { } step } shortage => throw new RefusedException(
                ErrorCode.UnreachableApproval,
                $"The field 'steps[{step}].requiredApprovals' is {shortage.Required}, but step {step + 1} has only {shortage.Active} active approvers: add approvers, or require fewer."),
            _ => throw new RefusedException(
                ErrorCode.UnreachableApproval,
                "The steps have too few distinct approvers: add approvers, or allow the same people in several steps."),
        };
    }

    /// <summary>What the current approvers lack to approve every step; null for nothing.</summary>
    public static ApproverShortage? FindShortage(ImmutableArray<ApprovalStep> definition, bool isDistinct, ApproverFacts facts)
    {
        var steps = definition
            .Select(step => new OpenStep(step.RequiredApprovals, [.. facts.PeopleOf(step)]))
            .ToArray();
        var shortStep = Array.FindIndex(steps, step => step.Candidates.Count < step.Required);
        return shortStep >= 0 ? new ApproverShortage(shortStep, steps[shortStep].Required, steps[shortStep].Candidates.Count)
            : isDistinct && !Reachability.CanFillTogether(steps) ? new ApproverShortage(null, 0, 0)
            : null;
    }

    /// <summary>The refusal of an approver that does not exist.</summary>
    public static RefusedException NotThere(PrincipalRef approver) => new(
        ErrorCode.InvalidRequest,
        $"The approver '{approver.Id}' does not exist: expected an existing {(approver.Kind == PrincipalKind.Group ? "group" : "user")}.");

    private static void RequireExists(PrincipalRef approver, ApproverFacts facts)
    {
        var isThere = approver.Kind == PrincipalKind.Group
            ? facts.Groups.TryGetValue(approver.Id, out var group) && group.Version.Version > 0
            : facts.Users.TryGetValue(approver.Id, out var user) && user.Exists;
        if (!isThere)
        {
            throw NotThere(approver);
        }
    }
}

/// <summary>Too few active approvers to approve under a policy.</summary>
/// <param name="Step">The first step that has too few, from 0; null if only all steps together have too few different people.</param>
/// <param name="Required">The approvals that the step needs.</param>
/// <param name="Active">The active people who may approve in it.</param>
public sealed record ApproverShortage(int? Step, int Required, int Active);
