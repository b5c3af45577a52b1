using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>Can a policy's steps be filled by the people there are today? Pure.</summary>
public static class ApproverRules
{
    /// <summary>Refuses approvers that do not exist, and steps that need more different people than there are.</summary>
    /// <returns>What that rests on.</returns>
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
                    $"Step {i + 1} requires {steps[i].Required} approvals, but only {steps[i].Candidates.Count} active people may give them.");
            }
        }

        if (definition.DistinctApproversAcrossSteps && !Reachability.CanFillTogether(steps))
        {
            throw new RefusedException(
                ErrorCode.UnreachableApproval,
                "The steps share too few people for each to be approved by others. Add approvers, or allow the same people in several steps.");
        }

        return [.. facts.Groups.Values.Select(group => group.Version)];
    }

    /// <summary>Refuses an approver that names nobody.</summary>
    public static RefusedException NotThere(PrincipalRef approver) => new(
        ErrorCode.InvalidRequest,
        $"There is no {(approver.Kind == PrincipalKind.Group ? "group" : "user")} '{approver.Id}' to be an approver.");

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
