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

        var steps = definition.Steps
            .Select(step => new OpenStep(step.RequiredApprovals, [.. facts.PeopleOf(step)]))
            .ToArray();
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i].Candidates.Count < steps[i].Required)
            {
                throw new RefusedException(
                    ErrorCode.UnreachableApproval,
                    $"The field 'steps[{i}].requiredApprovals' is {steps[i].Required}, but step {i + 1} has only {steps[i].Candidates.Count} active approvers: add approvers, or require fewer.");
            }
        }

        if (definition.DistinctApproversAcrossSteps && !Reachability.CanFillTogether(steps))
        {
            throw new RefusedException(
                ErrorCode.UnreachableApproval,
                "The steps have too few distinct approvers: add approvers, or allow the same people in several steps.");
        }

        return [.. facts.Groups.Values.Select(group => group.Version)];
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
