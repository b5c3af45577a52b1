using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>What a policy may say, whoever its approvers are by now. Pure.</summary>
public static class PolicyRules
{
    /// <summary>How long a request waits where the policy does not say.</summary>
    public static readonly TimeSpan DefaultRequestTtl = TimeSpan.FromDays(7);

    /// <summary>The most signatures that can be asked for.</summary>
    public const long MostSignings = 1_000_000_000;

    private const int MaxSteps = 10;
    private const int MaxApprovers = 50;
    private const int MaxRequired = 50;

    /// <summary>The definition in the form in which it is kept and compared.</summary>
    /// <exception cref="RefusedException"><c>NoConstraint</c>, or <c>InvalidRequest</c>.</exception>
    public static PolicyDefinition Normalise(PolicyDefinition definition) => definition with
    {
        Name = DisplayText.ValidateName(definition.Name),
        Constraints = Normalise(definition.Constraints),
        Steps = Normalise(definition.Steps),
        MaxRequestTtl = NormaliseDuration(definition.MaxRequestTtl, "maxRequestTtl") ?? Duration.ToText(DefaultRequestTtl),
    };

    /// <summary>How long a request waits under a policy.</summary>
    public static TimeSpan RequestTtl(PolicyDefinition definition) =>
        Duration.TryParse(definition.MaxRequestTtl, out var ttl) ? ttl : DefaultRequestTtl;

    /// <summary>The longest window that can be asked for; null without that constraint.</summary>
    public static TimeSpan? MaxWindow(PolicyConstraints constraints) =>
        Duration.TryParse(constraints.MaxWindowDuration, out var window) ? window : null;

    private static PolicyConstraints Normalise(PolicyConstraints constraints)
    {
        if (constraints is { MaxWindowDuration: null, MaxSignings: null })
        {
            throw new RefusedException(
                ErrorCode.NoConstraint, "A policy needs at least one constraint: maxWindowDuration, maxSignings, or both.");
        }

        return constraints.MaxSignings is null or (>= 1 and <= MostSignings)
            ? constraints with { MaxWindowDuration = NormaliseDuration(constraints.MaxWindowDuration, "maxWindowDuration") }
            : throw Invalid($"maxSignings is 1 to {MostSignings}.");
    }

    private static ImmutableArray<ApprovalStep> Normalise(ImmutableArray<ApprovalStep> steps) =>
        !steps.IsDefaultOrEmpty && steps.Length <= MaxSteps
            ? [.. steps.Select(Normalise)]
            : throw Invalid($"A policy has 1 to {MaxSteps} steps.");

    private static ApprovalStep Normalise(ApprovalStep step)
    {
        if (step is null || step.Approvers.IsDefaultOrEmpty || step.Approvers.Length > MaxApprovers)
        {
            throw Invalid($"A step has 1 to {MaxApprovers} approvers; use groups for more people.");
        }

        if (step.Approvers.Any(approver => approver?.Kind is not (PrincipalKind.User or PrincipalKind.Group)))
        {
            throw Invalid("An approver is a user or a group. Machine identities cannot approve.");
        }

        return step.RequiredApprovals is >= 1 and <= MaxRequired
            ? step with
            {
                Approvers = [.. step.Approvers.Distinct()],
                Name = step.Name is null ? null : DisplayText.ValidateName(step.Name),
            }
            : throw Invalid($"A step requires 1 to {MaxRequired} approvals.");
    }

    private static string? NormaliseDuration(string? text, string member) =>
        text is null ? null
        : Duration.TryParse(text, out var duration) ? Duration.ToText(duration)
        : throw Invalid($"{member} is a duration such as 30m, 4h or 1d, of at most 3650 days.");

    private static RefusedException Invalid(string detail) => new(ErrorCode.InvalidRequest, detail);
}

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
