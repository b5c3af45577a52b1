using System.Collections.Immutable;
using CodeSigning.Contract;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Policies;

/// <summary>
/// Validates and normalizes policy definitions, independently of the current members of groups. Pure functions.
/// </summary>
public static class PolicyRules
{
    /// <summary>The default lifetime of a pending request.</summary>
    public static readonly TimeSpan DefaultRequestTtl = TimeSpan.FromDays(7);

    /// <summary>The maximum number of signatures of a grant.</summary>
    public const long MostSignings = 1_000_000_000;

    private const int MaxSteps = 10;
    private const int MaxApprovers = 50;
    private const int MaxRequired = 50;

    /// <summary>Normalizes a definition for storage and comparison.</summary>
    /// <exception cref="RefusedException"><c>NoConstraint</c>, or <c>InvalidRequest</c>.</exception>
    public static PolicyDefinition Normalise(PolicyDefinition definition) => definition with
    {
        Name = DisplayText.ValidateName(definition.Name),
        Constraints = Normalise(definition.Constraints),
        Steps = Normalise(definition.Steps),
        MaxRequestTtl = NormaliseDuration(definition.MaxRequestTtl, "maxRequestTtl") ?? Duration.ToText(DefaultRequestTtl),
        SecondFactorWithin = NormaliseDuration(definition.SecondFactorWithin, "secondFactorWithin"),
    };

    /// <summary>The lifetime of a pending request under a policy.</summary>
    public static TimeSpan RequestTtl(PolicyDefinition definition) =>
        Duration.TryParse(definition.MaxRequestTtl, out var ttl) ? ttl : DefaultRequestTtl;

    /// <summary>How old the second factor of a voter may be; null if a vote needs none.</summary>
    public static TimeSpan? SecondFactorWithin(PolicyDefinition definition) =>
        Duration.TryParse(definition.SecondFactorWithin, out var within) ? within : null;

    /// <summary>The maximum window of a grant; null for unlimited.</summary>
    public static TimeSpan? MaxWindow(PolicyConstraints constraints) =>
        Duration.TryParse(constraints.MaxWindowDuration, out var window) ? window : null;

    private static PolicyConstraints Normalise(PolicyConstraints constraints)
    {
        if (constraints is { MaxWindowDuration: null, MaxSignings: null })
        {
            throw new RefusedException(
                ErrorCode.NoConstraint, "The field 'constraints' is invalid: expected 'maxWindowDuration', 'maxSignings', or both.");
        }

        return constraints.MaxSignings is null or (>= 1 and <= MostSignings)
            ? constraints with { MaxWindowDuration = NormaliseDuration(constraints.MaxWindowDuration, "constraints.maxWindowDuration") }
            : throw Invalid($"The field 'constraints.maxSignings' is invalid: expected 1 to {MostSignings}.");
    }

    private static ImmutableArray<ApprovalStep> Normalise(ImmutableArray<ApprovalStep> steps) =>
        !steps.IsDefaultOrEmpty && steps.Length <= MaxSteps
            ? [.. steps.Select((step, index) => Normalise(step, $"steps[{index}]."))]
            : throw Invalid($"The field 'steps' is invalid: expected 1 to {MaxSteps} steps.");

    private static ApprovalStep Normalise(ApprovalStep step, string path)
    {
        if (step is null || step.Approvers.IsDefaultOrEmpty || step.Approvers.Length > MaxApprovers)
        {
            throw Invalid($"The field '{path}approvers' is invalid: expected 1 to {MaxApprovers}; use groups for more people.");
        }

        if (step.Approvers.Any(approver => approver?.Kind is not (PrincipalKind.User or PrincipalKind.Group)))
        {
            throw Invalid($"The field '{path}approvers' is invalid: expected users and groups; machine identities cannot approve.");
        }

        return step.RequiredApprovals is >= 1 and <= MaxRequired
            ? step with
            {
                Approvers = [.. step.Approvers.Distinct()],
                Name = step.Name is null ? null : DisplayText.ValidateName(step.Name, $"The field '{path}name'"),
            }
            : throw Invalid($"The field '{path}requiredApprovals' is invalid: expected 1 to {MaxRequired}.");
    }

    private static string? NormaliseDuration(string? text, string member) =>
        text is null ? null
        : Duration.TryParse(text, out var duration) ? Duration.ToText(duration)
        : throw Invalid($"The field '{member}' is invalid: expected a duration such as 30m, 4h or 1d, at most 3650 days.");

    private static RefusedException Invalid(string detail) => new(ErrorCode.InvalidRequest, detail);
}

/// <summary>
/// Decides whether one policy allows more than another. Anything not provably the same or stricter counts as more:
/// whatever passes under the new policy must have passed under the old one. Approvers are compared literally, a group
/// only with itself, since its members change. Pure; both definitions are normalized.
/// </summary>
public static class PolicyComparison
{
    /// <summary>Whether <paramref name="next"/> may allow something that <paramref name="current"/> does not.</summary>
    public static bool AllowsMore(PolicyDefinition current, PolicyDefinition next) =>
        IsAbove(PolicyRules.MaxWindow(next.Constraints), PolicyRules.MaxWindow(current.Constraints))
        || IsAbove(next.Constraints.MaxSignings, current.Constraints.MaxSignings)
        || PolicyRules.RequestTtl(next) > PolicyRules.RequestTtl(current)
        || (next.BypassForMachineIdentities && !current.BypassForMachineIdentities)
        || !HoldsVotes(current, next);

    /// <summary>
    /// Whether whatever passes the votes of <paramref name="next"/> has passed those of <paramref name="current"/>: its steps,
    /// and how old a voter's second factor may be.
    /// </summary>
    public static bool HoldsVotes(PolicyDefinition current, PolicyDefinition next) =>
        HoldsSteps(current, next) && !IsAbove(PolicyRules.SecondFactorWithin(next), PolicyRules.SecondFactorWithin(current));

    /// <summary>
    /// Whether whatever passes the steps of <paramref name="next"/> has passed those of <paramref name="current"/>.
    /// </summary>
    public static bool HoldsSteps(PolicyDefinition current, PolicyDefinition next) =>
        HoldsEvery(current.Steps, next.Steps)
        && (next.DistinctApproversAcrossSteps || !current.DistinctApproversAcrossSteps);

    /// <summary>No limit is above every limit.</summary>
    private static bool IsAbove<T>(T? next, T? current)
        where T : struct, IComparable<T> =>
        current is { } limit && (next is not { } other || other.CompareTo(limit) > 0);

    /// <summary>
    /// Whether each old step has a new step that is at least as strict, in the same order. Taking the first match
    /// leaves the most steps for the rest, so this finds an assignment if one exists.
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
