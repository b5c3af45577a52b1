using System.Collections.Immutable;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>
/// Does one policy allow more than another? Everything counts as more that is not provably the same or less: whatever
/// passes under the new policy must have passed under the old one too. So approvers are compared as they are written,
/// a group with itself alone, since who is in it changes. Pure; both definitions are normalised.
/// </summary>
public static class PolicyComparison
{
    /// <summary>Whether <paramref name="next"/> may let something pass that <paramref name="current"/> would not.</summary>
    public static bool AllowsMore(PolicyDefinition current, PolicyDefinition next) =>
        IsAbove(PolicyRules.MaxWindow(next.Constraints), PolicyRules.MaxWindow(current.Constraints))
        || IsAbove(next.Constraints.MaxSignings, current.Constraints.MaxSignings)
        || PolicyRules.RequestTtl(next) > PolicyRules.RequestTtl(current)
        || (next.BypassForMachineIdentities && !current.BypassForMachineIdentities)
        || !HoldsSteps(current, next);

    /// <summary>
    /// Whether whatever passes the steps of <paramref name="next"/> has passed those of <paramref name="current"/>.
    /// </summary>
    public static bool HoldsSteps(PolicyDefinition current, PolicyDefinition next) =>
        HoldsEvery(current.Steps, next.Steps)
        && (next.DistinctApproversAcrossSteps || !current.DistinctApproversAcrossSteps);

    /// <summary>A limit that is absent is above every one that is given.</summary>
    private static bool IsAbove<T>(T? next, T? current)
        where T : struct, IComparable<T> =>
        current is { } limit && (next is not { } other || other.CompareTo(limit) > 0);

    /// <summary>
    /// Whether each of the old steps has one among the new that is no easier, in the same order. Taking the first that
    /// fits leaves the most for those that follow, so if any assignment exists, this finds one.
    /// </summary>
    private static bool HoldsEvery(ImmutableArray<ApprovalStep> current, ImmutableArray<ApprovalStep> next)
    {
        var held = 0;
        foreach (var step in next)
        {
            if (held < current.Length && IsNoEasier(step, current[held]))
            {
                held++;
            }
        }

        return held == current.Length;
    }

    private static bool IsNoEasier(ApprovalStep next, ApprovalStep current) =>
        next.RequiredApprovals >= current.RequiredApprovals
        && next.Approvers.All(approver => current.Approvers.Contains(approver));
}
